import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, graphqlClient, signInAdmin, signUp } from '../support/client.ts';
import { djangoHash } from '../support/django.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let visitor: Client;
beforeAll(async () => {
  product = await startProduct();
  visitor = graphqlClient(product);
});
afterAll(() => product.close());

const CREATE = `mutation ($input: CreateUserInput!) {
  createUser(input: $input) {
    id username firstName lastName role createdAt updatedAt email
    profile { id displayName bio photo { id } avatarUrl user { username } }
  }
}`;
const account = (username: string, wishes = {}) => ({
  username,
  email: `${username}@example.org`,
  password: 'long enough',
  ...wishes,
});
const count = async (table: 'users' | 'profiles') =>
  (await product.sql<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n;

test('creates a user and an empty profile', async () => {
  const before = Date.now();

  const { createUser: user } = await visitor.query(CREATE, { input: account('Anna.B-c_9') });

  expect(user).toMatchObject({
    username: 'Anna.B-c_9',
    firstName: '',
    lastName: '',
    role: 'USER',
    email: null,
    profile: { displayName: '', bio: '', photo: null, user: { username: 'Anna.B-c_9' } },
  });
  expect(user.profile.avatarUrl).toMatch(/^data:image\/svg\+xml,/);
  expect(Date.parse(user.createdAt)).toBeGreaterThanOrEqual(before);
  expect(user.updatedAt).toBe(user.createdAt);
});

test('keeps names as typed, and treats null as absent', async () => {
  const input = account('written', { firstName: ' Zoë  \u{1f98a}', lastName: null });

  const { createUser } = await visitor.query(CREATE, { input });

  expect(createUser).toMatchObject({ firstName: ' Zoë  \u{1f98a}', lastName: '' });
});

const tooLong = 'x'.repeat(101);
test.each([
  ['username', { username: 'ab' }],
  ['username', { username: 'x'.repeat(31) }],
  ['username', { username: '.dot' }],
  ['username', { username: 'dash-' }],
  ['username', { username: 'with space' }],
  ['username', { username: 'ünï' }],
  ['username', { username: 'line\nbreak' }],
  ['username', { username: 'trailing\n' }],
  ['email', { email: 'nobody' }],
  ['email', { email: 'a@b' }],
  ['email', { email: 'a @example.org' }],
  ['email', { email: 'a@example.org\r\nbcc: b@example.org' }],
  ['email', { email: `${'x'.repeat(64)}@${'y'.repeat(60)}.${'z'.repeat(250)}.example` }],
  ['password', { password: '1234567' }],
  ['password', { password: 'x'.repeat(201) }],
  ['firstName', { firstName: tooLong }],
  ['lastName', { lastName: tooLong }],
])('reports %s if invalid: %j', async (path, wishes) => {
  const answer = await visitor.send(CREATE, { input: account('valid', wishes) });

  expect(answer).toMatchObject({ status: 400, data: null });
  expect(answer.errors).toHaveLength(1);
  const { code, fields } = answer.errors[0]?.extensions ?? { code: '', fields: [] };
  expect(code).toBe('BAD_USER_INPUT');
  const paths = (fields as { path: string }[]).map((field) => field.path);
  expect(new Set(paths)).toEqual(new Set([path]));
});

test('reports all invalid fields together, each with a message', async () => {
  const input = { username: '-', email: '-', password: '-', firstName: tooLong, lastName: tooLong };

  const { errors } = await visitor.send(CREATE, { input });

  const fields = errors[0]?.extensions.fields as { path: string; message: string }[];
  expect(fields.map(({ path }) => path).sort()).toEqual(Object.keys(input).sort());
  for (const { path, message } of fields) {
    expect(message).toMatch(/^must /);
    expect(errors[0]?.message).toContain(`${path}: ${message}`);
  }
});

describe('a taken value', () => {
  const first = account('Taken.Name');
  beforeAll(() => visitor.query(CREATE, { input: first }));

  test.each([
    ['username', account('other', { username: 'Taken.Name' })],
    ['username', account('other', { username: 'tAKEN.nAME' })],
    ['email', account('other', { email: first.email })],
    ['email', account('other', { email: first.email.toUpperCase() })],
  ])('is a CONFLICT on %s: %o', async (field, input) => {
    const before = [await count('users'), await count('profiles')];

    const answer = await visitor.send(CREATE, { input });

    expect(answer.status).toBe(409);
    expect(answer.errors[0]?.extensions).toEqual({ code: 'CONFLICT', retryable: false, field });
    expect([await count('users'), await count('profiles')]).toEqual(before);
  });

  test.each([
    [
      'username',
      (n: number) => ({ username: n % 2 ? 'Raced' : 'rACED', email: `r${n}@example.org` }),
    ],
    [
      'email',
      (n: number) => ({ username: `racer${n}`, email: n % 2 ? 'R@example.org' : 'r@EXAMPLE.org' }),
    ],
  ])(
    'goes to exactly one of twenty concurrent users who want the same %s',
    async (field, wishOf) => {
      const before = [await count('users'), await count('profiles')];
      const wishes = Array.from({ length: 20 }, (_, n) => account('', wishOf(n)));

      const answers = await Promise.all(wishes.map((input) => visitor.send(CREATE, { input })));

      const outcomes = answers.map(({ errors }) => errors[0]?.extensions ?? 'made');
      expect(outcomes.filter((outcome) => outcome === 'made')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome !== 'made')).toEqual(
        Array(19).fill({ code: 'CONFLICT', retryable: false, field }),
      );
      expect([await count('users'), await count('profiles')]).toEqual(before.map((n = 0) => n + 1));
    },
  );
});

test('the mutations of a request stop at the first failure, and earlier ones stay committed', async () => {
  const { status, data, errors } = await visitor.send(
    `mutation ($a: CreateUserInput!, $b: CreateUserInput!) {
      first: createUser(input: $a) { username }
      again: createUser(input: $a) { username }
      third: createUser(input: $b) { username }
    }`,
    { a: account('sequel.a'), b: account('sequel.b') },
  );

  expect({ status, data, path: errors[0]?.path }).toEqual({
    status: 409,
    data: null,
    path: ['again'],
  });
  const made = await product.sql(`select username from users where username like 'sequel.%'`);
  expect(made).toEqual([{ username: 'sequel.a' }]);
});

describe('a user', () => {
  const QUERY = 'query ($id: ID, $username: String) { user(id: $id, username: $username) { id } }';

  test('is found by id, and by username in any case', async () => {
    const person = await signUp(product, { username: 'Found.Me' });
    const found = async (wish: object) => (await person.query(QUERY, { ...wish })).user;

    expect(await found({ id: person.id })).toEqual({ id: person.id });
    expect(await found({ username: 'fOUND.mE' })).toEqual({ id: person.id });
    expect(await found({ username: 'found_me' })).toBeNull();
    expect(await found({ username: '' })).toBeNull();
  });

  test.each([{}, { id: null, username: null }, { id: '1', username: 'both' }])(
    'is asked for by id or by username, not %o',
    async (wish) => {
      const person = await signUp(product);

      const { errors } = await person.send(QUERY, wish);

      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'id' }, { path: 'username' }],
      });
    },
  );
});

describe('importUser', () => {
  const IMPORT = 'mutation ($input: ImportUserInput!) { importUser(input: $input) { username } }';
  const input = (wishes = {}) => ({
    ...{ id: randomUUID(), username: 'old', email: 'old@example.org' },
    ...wishes,
  });

  test.each([
    ['id', { id: 'x' }],
    ['email', { email: 'nowhere' }],
    ['passwordHash', { passwordHash: djangoHash('secret', 2_000_001) }],
    ['createdAt', { createdAt: '0000-01-01T00:00:00Z' }],
    ['profile.bio', { profile: { bio: 'x'.repeat(1_001) } }],
  ])('reports %s if invalid', async (path, wishes) => {
    const { errors } = await (await signInAdmin(product)).send(IMPORT, { input: input(wishes) });

    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  test('imports nobody twice', async () => {
    const boss = await signInAdmin(product);
    const once = input();
    await boss.query(IMPORT, { input: once });

    const { errors } = await boss.send(IMPORT, { input: { ...once, email: 'o@example.org' } });

    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', field: 'id' });
  });

  test.each([
    ['a.name.of-thirty_characters.ok', /^a\.name\.of-thirty_characters\.ok$/],
    ['old', /^old\d+$/],
    ['someone@example.org', /^someone$/],
    ['+', /^user\d+$/],
  ])('assigns the username %s, or a similar one', async (username, expected) => {
    const email = `${randomUUID()}@example.org`;

    const { importUser: user } = await (await signInAdmin(product)).query(IMPORT, {
      input: input({ username, email }),
    });

    expect(user.username).toMatch(expected);
  });
});

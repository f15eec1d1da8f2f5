import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { graphqlClient, type Person, signIn, signInAdmin, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import { invalidTokens, SECRET } from '../support/tokens.ts';

let product: Product;
let boss: Person;
beforeAll(async () => {
  product = await startProduct({ JWT_SECRET: SECRET });
  boss = await signInAdmin(product);
});
afterAll(() => product.close());

const NEXT_SECRET = 'another secret, to come after the one that signs now';

const WHO = '{ me { id role } }';
const UPDATE = `mutation ($id: ID!, $input: UpdateUserInput!) {
  updateUser(id: $id, input: $input) { id role }
}`;

/** Whether a token is accepted now. */
const codeOf = async (token: string) =>
  (await graphqlClient(product, token).send(WHO)).errors[0]?.extensions.code;

describe('revokes earlier tokens, and a new one works immediately:', () => {
  test('a new password', async () => {
    const person = await signUp(product);
    const second = await signIn(product, person);
    const password = 'another password';

    await person.query(UPDATE, { id: person.id, input: { password } });

    expect(await codeOf(person.token)).toBe('UNAUTHENTICATED');
    expect(await codeOf(second)).toBe('UNAUTHENTICATED');
    expect(await codeOf(await signIn(product, { ...person, password }))).toBeUndefined();
  });

  test('setting the same password again', async () => {
    const person = await signUp(product);

    await person.query(UPDATE, { id: person.id, input: { password: person.password } });

    expect(await codeOf(person.token)).toBe('UNAUTHENTICATED');
    expect(await codeOf(await signIn(product, person))).toBeUndefined();
  });

  test('a lowered role', async () => {
    const person = await signUp(product);
    await boss.query(UPDATE, { id: person.id, input: { role: 'ADMIN' } });
    const token = await signIn(product, person);

    await boss.query(UPDATE, { id: person.id, input: { role: 'USER' } });

    expect(await codeOf(token)).toBe('UNAUTHENTICATED');
    expect(await codeOf(await signIn(product, person))).toBeUndefined();
  });

  test('deleting the user, whose username and address become available', async () => {
    const person = await signUp(product);

    await person.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: person.id });
    const again = await signUp(product, { username: person.username });

    expect(await codeOf(person.token)).toBe('UNAUTHENTICATED');
    expect(await codeOf(again.token)).toBeUndefined();
  });
});

test('a token survives a rotation of the secret while the previous one is configured', async () => {
  const person = await signUp(product);
  const { databaseUrl } = product.config;
  const next = await startProduct({
    DATABASE_URL: databaseUrl,
    JWT_SECRET: NEXT_SECRET,
    JWT_SECRET_OTHER: SECRET,
  });

  const old = await graphqlClient(next, person.token).send(WHO);
  const token = await signIn(next, person);
  const fresh = await graphqlClient(next, token).send(WHO);
  await next.close();

  expect([old.data.me?.id, fresh.data.me?.id]).toEqual([person.id, person.id]);
  // It is the new one that signs, and who was not told of it takes nothing of it.
  expect(await codeOf(token)).toBe('UNAUTHENTICATED');
});

test.each([
  ['a new name', { firstName: 'New' }],
  ['a new username', { username: 'renamed' }],
  ['a new e-mail address', { email: 'renamed@example.org' }],
  ['the role they have', { role: 'USER' }],
])('does not revoke tokens: %s', async (_, input) => {
  const person = await signUp(product);

  await boss.query(UPDATE, { id: person.id, input });

  expect(await codeOf(person.token)).toBeUndefined();
});

test('a raised role takes effect with the current token', async () => {
  const person = await signUp(product);

  await boss.query(UPDATE, { id: person.id, input: { role: 'ADMIN' } });

  expect((await person.query(WHO)).me.role).toBe('ADMIN');
});

test('a sign-in that overlaps a password change does not survive it', async () => {
  const person = await signUp(product);
  const oldPassword = () => signIn(product, person).catch(() => '');

  // All read the old password before the new one is hashed; the last are verified long after it is set.
  const change = person.query(UPDATE, { id: person.id, input: { password: 'another password' } });
  const signIns = await Promise.all(Array.from({ length: 20 }, oldPassword));

  await change;
  const tokens = signIns.filter((token) => token !== '');
  const codes = await Promise.all(tokens.map(codeOf));
  expect(codes.filter((code) => code !== 'UNAUTHENTICATED')).toEqual([]);
});

describe('a token', async () => {
  // Names of the cases are needed before the product runs; the tokens themselves are made from a real one.
  const names = Object.keys(await invalidTokens('e30.e30.'));
  let person: Person;
  let tokens: Record<string, string>;
  beforeAll(async () => {
    person = await signUp(product);
    tokens = await invalidTokens(person.token);
  });

  test.each(names)(
    '%s is rejected where a viewer is required, and does not prevent a sign-in',
    async (name) => {
      const client = graphqlClient(product, tokens[name]);

      const [page, self] = [await client.send('{ users { totalCount } }'), await client.send(WHO)];
      const again = await signIn(product, person, client);

      expect(page).toMatchObject({ status: 401, data: null });
      expect(page.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
      expect(self.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
      expect(await codeOf(again)).toBeUndefined();
    },
  );

  test('stays valid until it is revoked', async () => {
    expect(await codeOf(person.token)).toBeUndefined();
  });
});

test.each(['Bearer', 'Bearer ', 'Basic YTpi', 'Bearer two words', 'token'])(
  'the header "Authorization: %s" is that of a visitor',
  async (authorization) => {
    const answer = await fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query: WHO }),
    });

    expect(await answer.json()).toEqual({ data: { me: null } });
  },
);

test('a token whose signature is cached still expires', async () => {
  const person = await signUp(product);
  expect(await codeOf(person.token)).toBeUndefined();
  onTestFinished(() => {
    vi.useRealTimers();
  });

  const hours = (count: number) => Date.now() + count * 3_600_000;
  vi.useFakeTimers({ toFake: ['Date'], now: hours(11.9) });
  const before = await codeOf(person.token);
  vi.setSystemTime(hours(0.2));
  const after = await codeOf(person.token);

  expect([before, after]).toEqual([undefined, 'UNAUTHENTICATED']);
});

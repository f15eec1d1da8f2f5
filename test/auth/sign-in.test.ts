import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphqlClient, type Person, signIn, signInAdmin, signUp } from '../support/client.ts';
import { captureLog, type Log } from '../support/log.ts';
import { type Product, startProduct } from '../support/product.ts';

let log: Log;
let product: Product;
let person: Person;
beforeAll(async () => {
  log = captureLog();
  product = await startProduct({ LOG_LEVEL: 'trace' });
  person = await signUp(product);
});
afterAll(async () => {
  await product.close();
  log.release();
});

const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { token expiresAt user { id username } }
}`;

test('returns the user, a token and its expiry', async () => {
  const { signIn: session } = await graphqlClient(product).query(SIGN_IN, { ...person });

  expect(session.user).toEqual({ id: person.id, username: person.username });
  const [, claims = ''] = session.token.split('.');
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  expect(Math.floor(Date.parse(session.expiresAt) / 1000)).toBe(exp);
  expect(exp).toBeGreaterThan(Date.now() / 1000);
});

test('ignores the case of an e-mail address, but not of a password', async () => {
  const email = person.email.toUpperCase();

  expect(await signIn(product, { ...person, email })).toBeTypeOf('string');
  const wrongCase = { email, password: person.password.toUpperCase() };
  expect((await graphqlClient(product).send(SIGN_IN, wrongCase)).status).toBe(401);
});

test('responds to a wrong password and to an unknown address in the same way', async () => {
  const wrong = { email: person.email, password: 'not the password' };
  const unknown = { email: 'nobody@example.org', password: person.password };

  const answers = await Promise.all(
    [wrong, unknown].map((variables) => graphqlClient(product).send(SIGN_IN, variables)),
  );

  expect(answers[0]).toEqual(answers[1]);
  expect(answers[0]).toMatchObject({
    status: 401,
    data: null,
    errors: [{ message: 'E-mail address or password is wrong.' }],
  });
});

test.each([
  ['no address', { email: '', password: '' }],
  ['a pattern', { email: '%', password: 'long enough' }],
  ['a very long password', { email: 'nobody@example.org', password: 'x'.repeat(200_000) }],
])('treats %s as a wrong address or password', async (_, variables) => {
  const { errors } = await graphqlClient(product).send(SIGN_IN, variables);

  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
});

test('rejects lone surrogates in an address', async () => {
  const variables = { email: '\ud800@example.org', password: '\udfff' };
  const { status, errors } = await graphqlClient(product).send(SIGN_IN, variables);

  expect(status).toBe(400);
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
});

describe('a password', () => {
  const SECRETS = ['the first secret', 'the second secret', 'the wrong secret'];
  const account = { username: 'keeper', email: 'keeper@example.org', password: SECRETS[0] };

  test('is never returned or logged, and stored only as argon2id', async () => {
    const visitor = graphqlClient(product);
    const create = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }';
    const update = `mutation ($id: ID!, $input: UpdateUserInput!) {
      updateUser(id: $id, input: $input) { id }
    }`;
    const boss = await signInAdmin(product);

    const created = await visitor.send(create, { input: account });
    const { id } = created.data.createUser;
    const changes = { id, input: { password: SECRETS[1] } };
    const answers = [
      created,
      await boss.send(update, changes),
      await visitor.send(SIGN_IN, { email: account.email, password: SECRETS[2] }),
      await visitor.send(SIGN_IN, { email: account.email, password: SECRETS[1] }),
      // Taken, forbidden, incomplete, misspelt: what is wrong is said without the rest of what was sent.
      await visitor.send(create, { input: account }),
      await visitor.send(update, changes),
      await visitor.send(create, { input: { ...account, username: '-' } }),
      await visitor.send(create, { input: { username: 'x', password: SECRETS[0] } }),
      await visitor.send(create, { input: { ...account, pasword: SECRETS[1] } }),
      await visitor.send(create, { input: [SECRETS[0]] }),
      await visitor.send(create, { input: { ...account, password: [SECRETS[0]] } }),
    ];

    for (const secret of SECRETS) {
      expect(JSON.stringify(answers)).not.toContain(secret);
      expect(log.text()).not.toContain(secret);
    }
    expect(JSON.stringify(answers) + log.text()).not.toContain('$argon2');
    const [row] = await product.sql<{ user: string; hash: string }>(
      'select to_jsonb(users)::text as user, password_hash as hash from users where id = $1',
      [id],
    );
    expect(row?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    for (const secret of SECRETS) expect(row?.user).not.toContain(secret);
  });
});

test('a failing database leaks no input to the caller or the log', async () => {
  await product.sql(`create function fail() returns trigger language plpgsql as
    $$ begin raise exception 'a fault of the tests'; end $$`);
  await product.sql('create trigger fail before insert on users execute function fail()');
  const input = { username: 'unlucky', email: 'unlucky@example.org', password: 'the third secret' };

  const { status, errors } = await graphqlClient(product).send(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    { input },
  );
  await product.sql('drop trigger fail on users');

  expect(status).toBe(500);
  expect(errors).toMatchObject([
    {
      message: 'Something failed on our side; it is in our log. Try again in a moment.',
      extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: true },
    },
  ]);
  const faults = log.entries().filter(({ level }) => level >= 50);
  expect(faults).toHaveLength(1);
  expect(JSON.stringify(faults)).toContain('a fault of the tests');
  for (const secret of ['$argon2', input.password, input.email]) {
    expect(log.text()).not.toContain(secret);
  }
});

test('two users with the same password have different hashes', async () => {
  const password = 'the same for both';
  const input = (name: string) => ({ username: name, email: `${name}@twins.example`, password });
  await graphqlClient(product).query(
    `mutation ($a: CreateUserInput!, $b: CreateUserInput!) {
      a: createUser(input: $a) { id } b: createUser(input: $b) { id }
    }`,
    { a: input('twin.a'), b: input('twin.b') },
  );

  const hashes = await product.sql(
    `select distinct password_hash from users where email like '%@twins.example'`,
  );

  expect(hashes).toHaveLength(2);
});

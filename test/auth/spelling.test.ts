import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, graphqlClient, signIn, signInAdmin, signUp } from '../support/client.ts';
import { djangoHash } from '../support/django.ts';
import { captureLog } from '../support/log.ts';
import { type Product, startProduct } from '../support/product.ts';

const BOSS = { ADMIN_EMAIL: ' Boss@Müller.example ', ADMIN_PASSWORD: 'Sésame, ouvre-toi' };

let product: Product;
let visitor: Client;
beforeAll(async () => {
  product = await startProduct();
  visitor = graphqlClient(product);
});
afterAll(() => product.close());

const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id username } }';
const UPDATE =
  'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { email } }';
const IMPORT = 'mutation ($input: ImportUserInput!) { importUser(input: $input) { id } }';
const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { token user { id } }
}`;

const created = (wishes: object) =>
  visitor.send(CREATE, {
    input: {
      username: `u${randomUUID().slice(0, 13)}`,
      email: `${randomUUID()}@example.org`,
      password: 'long enough',
      ...wishes,
    },
  });
const conflict = { code: 'CONFLICT', retryable: false, field: 'email' };

describe('an e-mail address with an international domain', () => {
  const email = 'Anna@Müller-Fotos.de';
  const password = 'a password of Anna';
  let id: string;
  beforeAll(async () => {
    id = (await created({ email, password })).data.createUser.id;
  });

  const spellings = [
    ['as a browser sends it (punycode)', 'anna@xn--mller-fotos-thb.de'],
    ['in punycode, capitalized', 'ANNA@XN--MLLER-FOTOS-THB.DE'],
    ['in another case', 'anna@MÜLLER-FOTOS.DE'],
    ['decomposed (NFD)', 'anna@mu\u0308ller-fotos.de'],
    ['with spaces around it', ' anna@müller-fotos.de\u00a0'],
    ['with an ideographic full stop', 'anna@müller-fotos。de'],
    ['with a final dot', 'anna@müller-fotos.de.'],
  ];

  test.each(spellings)('signs in %s', async (_, spelling) => {
    const { signIn: session } = await visitor.query(SIGN_IN, { email: spelling, password });
    expect(session.user).toEqual({ id });
  });

  test('is displayed as typed', async () => {
    const token = await signIn(product, { email, password });
    expect((await graphqlClient(product, token).query('{ me { email } }')).me).toEqual({ email });
  });

  test.each(spellings)('cannot be registered again %s', async (_, spelling) => {
    const { status, errors } = await created({ email: spelling });

    expect(status).toBe(409);
    expect(errors[0]?.extensions).toEqual(conflict);
  });

  test.each(spellings)('cannot be taken by a change of address %s', async (_, spelling) => {
    const person = await signUp(product);

    const { errors } = await person.send(UPDATE, { id: person.id, input: { email: spelling } });

    expect(errors[0]?.extensions).toEqual(conflict);
  });

  test.each(spellings)('cannot be imported again %s', async (_, spelling) => {
    const input = { id: randomUUID(), username: 'anna', email: spelling };

    const { errors } = await (await signInAdmin(product)).send(IMPORT, { input });

    expect(errors[0]?.extensions).toEqual(conflict);
  });

  test('can be respelled by its own user', async () => {
    const person = await signUp(product);
    const respelled = person.email.replace('example', 'EXAMPLE');

    const { updateUser } = await person.query(UPDATE, {
      id: person.id,
      input: { email: ` ${respelled} ` },
    });

    expect(updateUser.email).toBe(respelled);
    expect(await signIn(product, person)).toBeTypeOf('string');
  });
});

test.each([
  'admİn@example.org',
  'ädmin@example.org',
  '"admin"@example.org',
  'admin@example.org:80',
  'admin@example.org/x',
  'admin@%65xample.org',
  'admin@1.2',
  'admin@[127.0.0.1]',
  'admin@xn--.org',
  'admin@example.org\n',
  `admin@${'ü'.repeat(70)}.org`,
])('is rejected as an e-mail address: %j', async (email) => {
  const { status, errors } = await created({ email });

  expect(status).toBe(400);
  expect(errors[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: 'email', message: 'must be an e-mail address of at most 254 characters' }],
  });
});

describe('an address of an earlier release that is no longer accepted', () => {
  /** An account as the earlier release stored it, after the next start. */
  async function startWith(email: string) {
    const person = await signUp(product);
    await product.sql('update users set email = $2, email_key = null where id = $1', [
      person.id,
      email,
    ]);
    const next = await startProduct({ DATABASE_URL: product.config.databaseUrl });
    await next.close();
    return person;
  }

  test.each([
    ['a quoted local part', '"Anna B"@example.org', ' "anna b"@EXAMPLE.org '],
    ['an international local part', 'Jörg@example.org', 'JO\u0308RG@example.org'],
    ['an odd domain', 'anna@Under_Score.example', 'ANNA@under_score.example'],
  ])('still signs in, in any case: %s', async (_, stored, typed) => {
    const { id, password } = await startWith(stored);

    const { signIn: session } = await visitor.query(SIGN_IN, { email: typed, password });

    expect(session.user).toEqual({ id });
    expect((await created({ email: stored })).status).toBe(400);
  });

  test('does not sign in with a merely similar address', async () => {
    const { password } = await startWith('admİn2@example.org');
    for (const email of ['admin2@example.org', 'legacy:admi\u0307n2@example.org']) {
      await expect(signIn(product, { email, password })).rejects.toThrow('UNAUTHENTICATED');
    }
  });
});

test('an account that cannot sign in with any address is logged as a warning at each start', async () => {
  const person = await signUp(product);
  await product.sql(`update users set email = 'none', email_key = null where id = $1`, [person.id]);
  const log = captureLog();
  const next = await startProduct({
    DATABASE_URL: product.config.databaseUrl,
    LOG_LEVEL: 'warn',
  });
  await next.close();
  log.release();

  const lines = log.entries().filter(({ msg }) => msg.includes(person.id));
  expect(lines.map(({ level }) => level)).toEqual([40]);
});

test('a megabyte of spaces is rejected as an e-mail address as fast as any other', async () => {
  const email = `a${' '.repeat(1_000_000)}@example.org`;
  const { errors } = await visitor.send(SIGN_IN, { email, password: 'x' });
  expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

test('surrounding spaces of a username are ignored on creation, lookup and change', async () => {
  const { data } = await created({ username: ' Spacious ' });
  const person = await signUp(product);
  const { user } = await person.query('{ user(username: "  spacious ") { username } }');
  const { errors } = await person.send(UPDATE, {
    id: person.id,
    input: { username: 'sPACIOUS ' },
  });

  expect(data.createUser.username).toBe('Spacious');
  expect(user).toEqual({ username: 'Spacious' });
  expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', field: 'username' });
});

describe('a password', () => {
  const composed = 'Sésame, ouvre-toi';
  const decomposed = composed.normalize('NFD');

  test.each([
    ['decomposed (NFD)', composed, decomposed],
    ['composed (NFC)', decomposed, composed],
    ['with a no-break space', composed, composed.replace(' ', '\u00a0')],
  ])('signs in %s, in whatever form it was chosen', async (_, chosen, typed) => {
    const email = `${randomUUID()}@example.org`;
    await created({ email, password: chosen });

    expect(await signIn(product, { email, password: typed })).toBeTypeOf('string');
  });

  test('signs in in whatever form it was changed', async () => {
    const person = await signUp(product);
    await person.query(UPDATE, { id: person.id, input: { password: decomposed } });

    const password = composed;
    expect(await signIn(product, { ...person, password })).toBeTypeOf('string');
  });

  test('is never trimmed', async () => {
    const email = `${randomUUID()}@example.org`;
    await created({ email, password: ' with spaces ' });

    expect(await signIn(product, { email, password: ' with spaces ' })).toBeTypeOf('string');
    await expect(signIn(product, { email, password: 'with spaces' })).rejects.toThrow(
      'UNAUTHENTICATED',
    );
  });

  test.each([
    ['too short once it is composed', 'e\u0301'.repeat(7)],
    ['with a line break', 'long enough\n'],
    ['with a control character', 'long\u0007enough'],
  ])('is rejected: %s', async (_, password) => {
    const { errors } = await created({ password });

    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'password' }],
    });
  });

  test.each([
    ['decomposed, as it was hashed', decomposed, [decomposed, composed]],
    ['composed, as it was hashed', composed, [composed, decomposed]],
  ])('imported from Django signs in %s, and afterwards in any form', async (_, hashed, typed) => {
    const email = `${randomUUID()}@example.org`;
    const input = { id: randomUUID(), username: 'old', email, passwordHash: djangoHash(hashed) };
    await (await signInAdmin(product)).query(IMPORT, { input });

    for (const password of typed) {
      expect(await signIn(product, { email, password })).toBeTypeOf('string');
    }
  });
});

test('the first admin signs in with any spelling of ADMIN_EMAIL and ADMIN_PASSWORD', async () => {
  const other = await startProduct(BOSS);

  const token = await signIn(other, {
    email: 'boss@xn--mller-kva.example',
    password: BOSS.ADMIN_PASSWORD.normalize('NFD'),
  });
  const { me } = await graphqlClient(other, token).query('{ me { email role } }');
  await other.close();

  expect(me).toEqual({ email: 'Boss@Müller.example', role: 'ADMIN' });
});

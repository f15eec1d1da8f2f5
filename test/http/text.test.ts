import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import { SMALL_PHOTO } from '../support/small-photo.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct();
  person = await signUp(product);
});
afterAll(() => product.close());

const WITH_NUL = 'a\u0000b';
/** A lone surrogate: allowed in a JavaScript string, but not in UTF-8. */
const LONE_SURROGATE = 'a\ud83d';

/** Arguments that take text, by their path in the error. */
const TEXT_ARGUMENTS: Record<string, [document: string, variables: Record<string, unknown>]> = {
  email: ['mutation ($t: String!) { signIn(email: $t, password: "") { token } }', { t: WITH_NUL }],
  username: ['query ($t: String!) { user(username: $t) { id } }', { t: WITH_NUL }],
  id: ['query ($t: ID!) { profile(id: $t) { id } }', { t: WITH_NUL }],
  after: ['query ($t: String!) { users(after: $t) { totalCount } }', { t: WITH_NUL }],
  'filter.search': [
    'query ($f: UserFilter!) { users(filter: $f) { totalCount } }',
    { f: { search: WITH_NUL } },
  ],
  firstName: [
    'mutation ($id: ID!, $i: UpdateUserInput!) { updateUser(id: $id, input: $i) { id } }',
    { i: { firstName: WITH_NUL } },
  ],
  bio: [
    'mutation ($id: ID!, $i: ProfileInput!) { updateProfile(id: $id, input: $i) { id } }',
    { i: { bio: WITH_NUL } },
  ],
  alt: [
    'mutation ($t: String!, $p: PhotoInput!) { uploadProfilePhoto(photo: $p, alt: $t) { id } }',
    { t: WITH_NUL, p: { base64: SMALL_PHOTO } },
  ],
  'photo.url': [
    'mutation ($p: PhotoInput!) { uploadProfilePhoto(photo: $p) { id } }',
    { p: { url: WITH_NUL } },
  ],
};

test.each(Object.entries(TEXT_ARGUMENTS))(
  'the character U+0000 in %s is a client error that names the field',
  async (path, [document, variables]) => {
    const { errors } = await person.send(document, { id: person.id, ...variables });

    const message = 'must not contain the character U+0000, nor half of a pair of surrogates';
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      { code: 'BAD_USER_INPUT', retryable: false, fields: [{ path, message }] },
    ]);
  },
);

test('a lone surrogate is a client error, and is not replaced', async () => {
  const create = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }';
  const input = { username: 'halved', email: LONE_SURROGATE, password: 'long enough for anybody' };

  const { status, errors } = await person.send(create, { input });

  expect([status, errors[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  const bio = { id: person.profileId, bio: LONE_SURROGATE };
  const update =
    'mutation ($id: ID!, $bio: String!) { updateProfile(id: $id, input: { bio: $bio }) { bio } }';
  expect((await person.send(update, bio)).status).toBe(400);
});

test('all other characters are stored unchanged', async () => {
  const bio =
    Array.from({ length: 300 }, (_, code) => String.fromCodePoint(code + 1)).join('') +
    '👩🏽‍🚀\u{10ffff}';

  const { updateProfile } = await person.query(
    'mutation ($id: ID!, $bio: String!) { updateProfile(id: $id, input: { bio: $bio }) { bio } }',
    { id: person.profileId, bio },
  );
  const { profile } = await person.query('query ($id: ID!) { profile(id: $id) { bio } }', {
    id: person.profileId,
  });

  expect([updateProfile.bio, profile.bio]).toEqual([bio, bio]);
});

test('invalid input is reported by field, without repeating it', async () => {
  const create = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }';
  const messages = async (input: unknown) =>
    (await person.send(create, { input })).errors.map(({ message }) => message);

  expect(await messages({ username: 'a; b', password: 'secret' })).toEqual([
    'Variable "$input": Field "email" of required type "String!" was not provided.',
  ]);
  expect(await messages({ username: 'abc', password: 1, email: 'a@b.example' })).toEqual([
    'Variable "$input" at "input.password": String cannot represent a non string value.',
  ]);
  expect(await messages('secret; at "password"; secret')).toEqual([
    'Variable "$input": Expected type "CreateUserInput" to be an object.',
  ]);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcomeOf } from '../support/authorization-table.ts';
import { type Person, signInAdmin, signUp } from '../support/client.ts';
import { until } from '../support/postgres.ts';
import { type Product, startProduct } from '../support/product.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';

let product: Product;
let boss: Person;
beforeAll(async () => {
  product = await startProduct();
  boss = await signInAdmin(product);
});
afterAll(() => product.close());

const CREATE = `mutation ($id: ID!, $input: ProfileInput) {
  createProfile(userId: $id, input: $input) { id displayName bio photo { id } user { id } }
}`;
const UPDATE = `mutation ($profileId: ID!, $input: ProfileInput!) {
  updateProfile(id: $profileId, input: $input) { id displayName bio user { id } }
}`;
const DELETE = 'mutation ($profileId: ID!) { deleteProfile(id: $profileId) }';
const PROFILE = 'query ($id: ID!) { profile(id: $id) { displayName bio } }';

const profileOf = async ({ id }: Person) =>
  (await boss.query('query ($id: ID!) { user(id: $id) { profile { id } } }', { id })).user.profile;

async function withoutProfile() {
  const person = await signUp(product);
  await person.query(DELETE, { ...person });
  return person;
}

describe('updateProfile', () => {
  test('changes the given fields and returns the profile', async () => {
    const person = await signUp(product);
    const input = { displayName: 'Zoë 👩‍🚀', bio: 'One line.\nAnd another.' };

    const { updateProfile } = await person.query(UPDATE, { ...person, input });

    expect(updateProfile).toEqual({ id: person.profileId, ...input, user: { id: person.id } });
    expect((await boss.query(PROFILE, { id: person.profileId })).profile).toEqual(input);
  });

  test.each([
    ['absent', {}],
    ['null', { displayName: null, bio: null }],
  ])('does not change a field that is %s', async (_, input) => {
    const person = await signUp(product);
    const before = { displayName: 'Before', bio: 'Before.' };
    await person.query(UPDATE, { ...person, input: before });

    const { updateProfile } = await person.query(UPDATE, { ...person, input });

    expect(updateProfile).toMatchObject(before);
  });

  test('accepts the maximum lengths, and stores empty texts as empty', async () => {
    const person = await signUp(product);
    const longest = { displayName: 'x'.repeat(100), bio: 'x'.repeat(1_000) };
    const empty = { displayName: '', bio: '' };

    const filled = await person.query(UPDATE, { ...person, input: longest });
    const emptied = await person.query(UPDATE, { ...person, input: empty });

    expect(filled.updateProfile).toMatchObject(longest);
    expect(emptied.updateProfile).toMatchObject(empty);
  });

  test('reports all invalid fields together, and changes none', async () => {
    const person = await signUp(product);
    const input = { displayName: 'x'.repeat(101), bio: 'x'.repeat(1_001) };

    const { status, errors } = await person.send(UPDATE, { ...person, input });

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
    const fields = errors[0]?.extensions.fields as { path: string }[];
    expect(fields.map(({ path }) => path).sort()).toEqual(['bio', 'displayName']);
    expect((await person.query(PROFILE, { id: person.profileId })).profile).toEqual({
      displayName: '',
      bio: '',
    });
  });
});

describe('deleteProfile', () => {
  test('deletes the profile and all objects of its photos, and keeps the user', async () => {
    const person = await signUp(product);
    const photoId = await uploadSmallPhoto(person);
    const { photo } = await person.query('query ($photoId: ID!) { photo(id: $photoId) { url } }', {
      photoId,
    });

    const { deleteProfile } = await person.query(DELETE, { ...person });

    expect(deleteProfile).toBe(person.profileId);
    const gone = await person.query(
      `query ($profileId: ID!, $photoId: ID!) {
        me { id profile { id } } profile(id: $profileId) { id } photo(id: $photoId) { id }
      }`,
      { ...person, photoId },
    );
    expect(gone).toEqual({ me: { id: person.id, profile: null }, profile: null, photo: null });
    await until(async () => (await fetch(photo.url)).status !== 200);
  });

  test('is NOT_FOUND the second time', async () => {
    const person = await withoutProfile();

    for (const by of [person, boss]) {
      expect(outcomeOf(await by.send(DELETE, { ...person }))).toBe('NOT_FOUND');
    }
  });

  test('succeeds once of many concurrent calls; the others are NOT_FOUND', async () => {
    const person = await signUp(product);

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => person.send(DELETE, { ...person })),
    );

    expect(answers.map(outcomeOf).sort()).toEqual([...Array(9).fill('NOT_FOUND'), 'ok']);
  });
});

describe('createProfile', () => {
  test('is a CONFLICT if there is a profile, which it does not change', async () => {
    const person = await signUp(product);

    const { status, errors } = await person.send(CREATE, { ...person, input: { bio: 'Another' } });

    expect(status).toBe(409);
    expect(errors[0]?.extensions).toEqual({ code: 'CONFLICT', retryable: false, field: 'userId' });
    expect(await profileOf(person)).toEqual({ id: person.profileId });
  });

  test.each([
    [
      'with what is given',
      { displayName: 'Back', bio: 'Again.' },
      { displayName: 'Back', bio: 'Again.' },
    ],
    ['empty where nothing is given', { displayName: null }, { displayName: '', bio: '' }],
    ['empty without input', undefined, { displayName: '', bio: '' }],
    ['empty with null for input', null, { displayName: '', bio: '' }],
  ])('creates a new one, %s', async (_, input, expected) => {
    const person = await withoutProfile();

    const { createProfile } = await person.query(CREATE, { ...person, input });

    expect(createProfile).toEqual({
      ...expected,
      id: expect.not.stringContaining(person.profileId),
      photo: null,
      user: { id: person.id },
    });
    expect(await profileOf(person)).toEqual({ id: createProfile.id });
  });

  test('reports all invalid fields together', async () => {
    const person = await withoutProfile();
    const input = { displayName: 'x'.repeat(101), bio: 'x'.repeat(1_001) };

    const { errors } = await person.send(CREATE, { ...person, input });

    const fields = errors[0]?.extensions.fields as { path: string }[];
    expect(fields.map(({ path }) => path).sort()).toEqual(['bio', 'displayName']);
    expect(await profileOf(person)).toBeNull();
  });

  test('creates exactly one of twenty concurrent ones', async () => {
    const person = await withoutProfile();

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? person : boss).send(CREATE, { ...person })),
    );

    expect(answers.map(outcomeOf).sort()).toEqual([...Array(19).fill('CONFLICT'), 'ok']);
  });

  test('allows photos again', async () => {
    const person = await withoutProfile();
    const UPLOAD = 'mutation ($p: PhotoInput!) { uploadProfilePhoto(photo: $p) { id } }';
    const without = await person.send(UPLOAD, { p: { base64: 'AAAA' } });

    await person.query(CREATE, { ...person });

    expect(outcomeOf(without)).toBe('NOT_FOUND');
    expect(await uploadSmallPhoto(person)).toBeTypeOf('string');
  });
});

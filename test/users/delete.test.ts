import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

const DELETE = 'mutation ($id: ID!) { deleteUser(id: $id) }';

test('deletes the user, the profile and all objects of their photos', async () => {
  const person = await signUp(product);
  const photoId = await uploadSmallPhoto(person);
  const { photo } = await boss.query(
    'query ($photoId: ID!) { photo(id: $photoId) { variants { url } } }',
    { photoId },
  );
  const urls: string[] = photo.variants.map(({ url }: { url: string }) => url);

  const answer = await person.query(DELETE, { id: person.id });

  expect(answer).toEqual({ deleteUser: person.id });
  const gone = await boss.query(
    `query ($id: ID!, $profileId: ID!, $photoId: ID!) {
      user(id: $id) { id } profile(id: $profileId) { id } photo(id: $photoId) { id }
    }`,
    { ...person, photoId },
  );
  expect(gone).toEqual({ user: null, profile: null, photo: null });
  expect(urls.length).toBeGreaterThan(0);
  await until(async () => {
    const answers = await Promise.all(urls.map((url) => fetch(url)));
    return answers.every(({ status }) => status === 404 || status === 403);
  });
});

test('deletes a user whose profile is already deleted', async () => {
  const person = await signUp(product);
  await person.query('mutation ($id: ID!) { deleteProfile(id: $id) }', { id: person.profileId });

  expect(await person.query(DELETE, { id: person.id })).toEqual({ deleteUser: person.id });
});

test('of many concurrent deletions of a user one succeeds and the others are NOT_FOUND', async () => {
  const person = await signUp(product);

  const answers = await Promise.all(
    Array.from({ length: 10 }, () => boss.send(DELETE, { id: person.id })),
  );

  const outcomes = answers.map(outcomeOf).sort();
  expect(outcomes).toEqual([...Array(9).fill('NOT_FOUND'), 'ok']);
});

test('a user can be deleted while a photo becomes their current one', async () => {
  const person = await signUp(product);
  await uploadSmallPhoto(person);
  const held = await holdProfile(person);

  const upload = uploadSmallPhoto(person).catch(String);
  await held.waiters(1);
  const deletion = boss.send(DELETE, { id: person.id });
  await held.waiters(2);
  await held.release();

  expect(outcomeOf(await deletion)).toBe('ok');
  // Whether it was current for a moment or not at all: not our fault.
  expect(await upload).not.toContain('INTERNAL_SERVER_ERROR');
  expect(await product.sql('select id from photos')).toEqual([]);
});

/** Stands before everybody who wants to change a profile (not: refer to it), until told to let them in, in the order they came. */
async function holdProfile({ profileId }: Person) {
  const client = new pg.Client({ connectionString: product.config.databaseUrl });
  await client.connect();
  await client.query('begin');
  await client.query('select from profiles where id = $1 for no key update', [profileId]);
  const waiting = `select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  return {
    waiters: (count: number) => until(async () => (await product.sql(waiting)).length === count),
    release: () => client.end(),
  };
}

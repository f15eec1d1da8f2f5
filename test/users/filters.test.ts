import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, signInAdmin, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import { fetchAllUserIds, fetchUserPage, seedUsers } from '../support/seed-users.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';

const PEOPLE = [
  { username: 'percent', firstName: '100% Anna' },
  { username: 'under_score', lastName: 'O_Neil' },
  { username: 'underXscore', lastName: 'OxNeil' },
  { username: 'backslash', lastName: 'back\\slash' },
  { username: 'quote', lastName: "O'Hara" },
  { username: 'zoe', firstName: 'ZOË', lastName: 'Ängström' },
  { username: 'Anna.Lee', firstName: 'Anna', lastName: 'Lee' },
  { username: 'leanna', firstName: 'Le', lastName: 'Anna' },
];

let product: Product;
let boss: Person;
let withPhoto: Person;
beforeAll(async () => {
  product = await startProduct();
  boss = await signInAdmin(product);
  await seedUsers(product, PEOPLE);
  withPhoto = await signUp(product, { username: 'photographed' });
  await uploadSmallPhoto(withPhoto);
});
afterAll(() => product.close());

const found = async (filter: Record<string, unknown> | null) => {
  const { users } = await boss.query(
    `query ($filter: UserFilter) {
      users(filter: $filter, first: 100, order: { by: USERNAME, direction: ASC }) {
        edges { node { username } } totalCount
      }
    }`,
    { filter },
  );
  const usernames = users.edges.map(({ node }: { node: Person }) => node.username);
  expect(users.totalCount).toBe(usernames.length);
  return usernames.toSorted() as string[];
};
const everybody = [...PEOPLE.map(({ username }) => username), 'admin', 'photographed'].toSorted();

describe('search', () => {
  test.each([
    ['100%', ['percent']],
    ['10%', []],
    ['u%r_score', []],
    ['o_n', ['under_score']],
    ['o n', ['under_score']],
    ['back\\', ['backslash']],
    ["o'h", ['quote']],
    ['ANNA', ['Anna.Lee', 'leanna', 'percent']],
    ['anna.l', ['Anna.Lee', 'leanna']],
    ['anna lee', ['Anna.Lee']],
    ['anna-lee', ['Anna.Lee']],
    [' anna lee ', ['Anna.Lee']],
    ['zoë', ['zoe']],
    ['äNGSTRÖM', ['zoe']],
    ['nobody at all', []],
    ['', everybody],
    [' ', everybody],
    [null, everybody],
  ])('%j finds %j', async (search, expected) => {
    expect(await found({ search })).toEqual(expected.toSorted());
  });

  test.each([
    ['o', ['quote', 'underXscore', 'under_score']],
    ['O', ['quote', 'underXscore', 'under_score']],
    ['s', ['under_score']],
    ['h', ['quote']],
    ['le', ['Anna.Lee', 'leanna']],
    ['-le', ['Anna.Lee', 'leanna']],
    ['ä', ['zoe']],
    ['ee', []],
  ])('%j, less than three letters, finds beginnings of words: %j', async (search, expected) => {
    expect(await found({ search })).toEqual(expected.toSorted());
  });

  test.each(['%', '_', '%_%', '\\', "'", '. -', '😀'])(
    '%j, without a letter or digit, finds nobody',
    async (search) => {
      expect(await found({ search })).toEqual([]);
    },
  );
});

describe('role', () => {
  test('returns only users with that role', async () => {
    expect(await found({ role: 'ADMIN' })).toEqual(['admin']);
    expect(await found({ role: 'USER' })).toEqual(everybody.filter((name) => name !== 'admin'));
    expect(await found({ role: null })).toEqual(everybody);
  });
});

describe('hasPhoto', () => {
  test('separates users with and without a current photo', async () => {
    const others = everybody.filter((name) => name !== 'photographed');

    expect(await found({ hasPhoto: true })).toEqual(['photographed']);
    expect(await found({ hasPhoto: false })).toEqual(others);
    expect(await found({ hasPhoto: null })).toEqual(everybody);
  });

  test('counts users without a profile, and those who deleted their photo, as without', async () => {
    const person = await signUp(product, { username: 'bare' });
    await person.query('mutation ($id: ID!) { deleteProfile(id: $id) }', { id: person.profileId });
    const other = await signUp(product, { username: 'undressed' });
    await uploadSmallPhoto(other);
    await other.query('mutation { deleteProfilePhoto { id } }');

    const names = await found({ hasPhoto: false });

    expect(names).toEqual(expect.arrayContaining(['bare', 'undressed']));
    await boss.query(
      'mutation ($a: ID!, $b: ID!) { a: deleteUser(id: $a) b: deleteUser(id: $b) }',
      {
        a: person.id,
        b: other.id,
      },
    );
  });
});

describe('filters', () => {
  test('apply together', async () => {
    expect(await found({ search: 'photo', role: 'USER', hasPhoto: true })).toEqual([
      'photographed',
    ]);
    expect(await found({ search: 'anna', role: 'ADMIN' })).toEqual([]);
    expect(await found(null)).toEqual(everybody);
    expect(await found({})).toEqual(everybody);
  });
});

describe('among ten thousand users', () => {
  let crowd: Product;
  let admin: Person;
  beforeAll(async () => {
    crowd = await startProduct();
    admin = await signInAdmin(crowd);
    const chosen = Array.from({ length: 30 }, (_, n) => ({
      lastName: n % 3 ? 'Odd' : 'Chosen%',
      hasPhoto: true,
    }));
    const others = Array.from({ length: 10_100 }, (_, n) => ({
      lastName: n < 1_100 ? 'Manyfold' : 'Other',
    }));
    await seedUsers(crowd, [...chosen, ...others]);
  });
  afterAll(() => crowd.close());

  test('filters apply on every page', async () => {
    const filter = { search: 'chosen%', hasPhoto: true };

    const ids = await fetchAllUserIds(admin, { size: 4, filter });
    const { totalCount } = await fetchUserPage(admin, { first: 1, filter });

    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
    expect(totalCount).toBe(10);
  });

  const COUNT = 'query ($filter: UserFilter) { users(filter: $filter) { totalCount } }';
  const countOf = async (filter: Record<string, unknown>) =>
    (await admin.query(COUNT, { filter })).users.totalCount as number;

  test('totalCount stops at 10,000, and at 1,000 with a search', async () => {
    expect(await countOf({})).toBe(10_000);
    expect(await countOf({ role: 'USER' })).toBe(10_000);
    expect(await countOf({ search: 'manyfold' })).toBe(1_000);
    expect(await countOf({ search: 'chosen' })).toBe(10);
  });

  test('pages continue beyond the counted users', async () => {
    const ids = await fetchAllUserIds(admin, { size: 100, filter: { search: 'manyfold' } });

    expect(new Set(ids).size).toBe(1_100);
  });
});

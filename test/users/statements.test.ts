import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, signInAdmin } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import { seedUsers } from '../support/seed-users.ts';
import { recordStatements } from '../support/sql-statements.ts';

let product: Product;
let viewer: Client;
beforeAll(async () => {
  product = await startProduct();
  viewer = await signInAdmin(product);
  await seedUsers(product, Array(60).fill({ hasPhoto: true }));
});
afterAll(() => product.close());

/** One for the viewer, then one for each level of the page; profiles come with their users. */
const LEVELS = { viewer: 1, users: 1, photos: 1 };
const EXPECTED = Object.values(LEVELS).reduce((sum, n) => sum + n);

const page = (first: number, more = '') =>
  recordStatements(product, () =>
    viewer.query(
      `query ($first: Int) {
        users(first: $first, order: { by: USERNAME }, filter: { hasPhoto: true }) {
          edges { node { username profile { displayName photo { id alt } } } } ${more}
        }
      }`,
      { first },
    ),
  );

test.each([1, 50, 100])(
  'a page of %i with profiles and photos takes the same number of statements',
  async (n) => {
    const statements = await page(n);

    expect(statements).toHaveLength(EXPECTED);
  },
);

test('totalCount takes one more, if selected', async () => {
  const without = await page(50, 'pageInfo { hasNextPage endCursor }');
  const counted = await page(50, 'totalCount');

  expect(without.filter((text) => text.includes('count('))).toEqual([]);
  expect(counted.filter((text) => text.includes('count('))).toHaveLength(1);
  expect(counted).toHaveLength(EXPECTED + 1);
});

test('fields of all users on a page are loaded together', async () => {
  const everything = (first: number) =>
    recordStatements(product, () =>
      viewer.query(
        `query ($first: Int) {
          users(first: $first, filter: { hasPhoto: true }) {
            edges { node { email profile {
              avatarUrl latestUpload { id profile { id } }
              user { username } photo { url srcSet variants { url } profile { user { profile { bio } } } }
            } } }
          }
        }`,
        { first },
      ),
    );

  const [few, many] = [await everything(2), await everything(50)];

  expect(many).toHaveLength(few.length);
  expect(few.length).toBeLessThanOrEqual(9);
});

test('a query that needs no rows only reads the viewer', async () => {
  const { length } = await recordStatements(product, () =>
    viewer.query('{ uploadPolicy { maxBytes } }'),
  );

  expect(length).toBe(LEVELS.viewer);
});

test('creating an account with its profile takes two statements in one transaction', async () => {
  const statements = await recordStatements(product, () =>
    viewer.query('mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }', {
      input: { username: 'cora', email: 'cora@example.org', password: 'a long walk' },
    }),
  );

  const [asked, begun, user, profile, done, ...more] = statements;
  expect([begun, done, more]).toEqual(['begin', 'commit', []]);
  expect([asked, user, profile]).toEqual([
    expect.stringMatching(/^select .* from users/),
    expect.stringMatching(/^insert into "users"/),
    expect.stringMatching(/^insert into "profiles"/),
  ]);
});

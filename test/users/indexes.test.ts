import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, signInAdmin } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import { fetchUserPage, seedUsers, type UserPage } from '../support/seed-users.ts';
import { recordQueries } from '../support/sql-statements.ts';

/** So many that PostgreSQL would not rather read the whole table. */
const PEOPLE = 20_000;
const MINUTE = 60_000;

let product: Product;
let viewer: Client;
let middle: UserPage;
beforeAll(async () => {
  product = await startProduct();
  viewer = await signInAdmin(product);
  const people = Array.from({ length: PEOPLE }, (_, n) => ({
    firstName: `First${n}`,
    lastName: `Last${n * 7}`,
    createdAt: new Date(Date.parse('2024-02-29T12:00:00Z') + n * MINUTE).toISOString(),
    hasPhoto: n % 2 === 0,
  }));
  // One that begins among the inserts would store its outdated statistics after those of `analyze`.
  for (const table of ['users', 'profiles', 'photos']) {
    await product.sql(`alter table ${table} set (autovacuum_enabled = off)`);
  }
  await seedUsers(product, people);
  await product.sql('analyze');
  middle = await fetchUserPage(viewer, { first: 100 });
});
afterAll(() => product.close());

const ORDERS = ['CREATED_AT', 'USERNAME'].flatMap((by) =>
  ['ASC', 'DESC'].map((direction) => ({ by, direction })),
);
const FILTERS = [
  null,
  { role: 'ADMIN' },
  { role: 'USER' },
  { search: 'last1234' },
  { search: 'a' },
  { hasPhoto: true },
  { hasPhoto: false },
  { role: 'USER', hasPhoto: true, search: 'first77' },
];
const CASES = ORDERS.flatMap((order) =>
  FILTERS.flatMap((filter) => [
    { order, filter, first: 20 },
    { order, filter, last: 20 },
  ]),
);

test.each(CASES)('a page uses an index: %o', async (args) => {
  expect(await scansOf(args)).toEqual([]);
});

test.each(['after', 'before'])('a page %s a cursor finds its rows by index', async (argument) => {
  const cursor = middle.endCursor;

  expect(await scansOf({ first: 20, [argument]: cursor })).toEqual([]);
  expect(await scansOf({ last: 20, [argument]: cursor })).toEqual([]);
});

/** Tables that the page's statement reads from end to end. */
async function scansOf(args: Record<string, unknown>) {
  const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter, $order: UserOrder) {
    users(first: $first, after: $after, last: $last, before: $before, filter: $filter, order: $order) { edges { cursor } }
  }`;
  const queries = await recordQueries(product, () => viewer.query(PAGE, args));
  const { text = '', values } = queries.find((query) => query.text.includes('order by')) ?? {};
  const plan = await product.sql<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
  return plan.map((line) => line['QUERY PLAN']).filter((line) => line.includes('Seq Scan'));
}

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, signInAdmin } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import {
  deleteSeededUsers,
  fetchAllUserIds,
  fetchUserPage,
  seedUsers,
} from '../support/seed-users.ts';

let product: Product;
let viewer: Person;
beforeAll(async () => {
  product = await startProduct();
  viewer = await signInAdmin(product);
});
beforeEach(async () => {
  await product.sql('delete from users where id <> $1', [viewer.id]);
  await seedUsers(product, Array(64).fill({}));
});
afterAll(() => product.close());

/** Everybody's id, in an order of SQL. */
const everybody = async (order: string) =>
  (await product.sql<{ id: string }>(`select id from users order by ${order}`)).map(({ id }) => id);

const ORDERS = [
  { by: 'CREATED_AT', direction: 'ASC', sql: 'created_at, id' },
  { by: 'CREATED_AT', direction: 'DESC', sql: 'created_at desc, id desc' },
  { by: 'USERNAME', direction: 'ASC', sql: 'lower(username)' },
  { by: 'USERNAME', direction: 'DESC', sql: 'lower(username) desc' },
];
const WAYS = ORDERS.flatMap(({ sql, ...order }) =>
  [false, true].map((isBackward) => ({ order, sql, isBackward })),
);
const nameOf = ({ order, isBackward }: (typeof WAYS)[number]) =>
  `${order.by} ${order.direction}, ${isBackward ? 'backwards' : 'forwards'}`;

describe.each(WAYS.map((way) => ({ ...way, name: nameOf(way) })))('$name', (way) => {
  const { order, sql, isBackward } = way;

  test.each([7, 65, 100])('shows everybody once and in order, %i at a time', async (size) => {
    expect(await fetchAllUserIds(viewer, { size, order, isBackward })).toEqual(
      await everybody(sql),
    );
  });

  test('skips and repeats nobody while users are created and deleted between pages', async () => {
    const before = await everybody(sql);
    const gone = new Set<string>();

    const seen = await fetchAllUserIds(viewer, { size: 6, order, isBackward }, async ({ ids }) => {
      // One who was shown, the one that the cursor stands on among them, and two new ones in the same moment.
      const leaving = [isBackward ? ids.at(0) : ids.at(-1), ids.at(2)].flatMap((id = viewer.id) =>
        id === viewer.id ? [] : [id],
      );
      for (const id of leaving) gone.add(id);
      await deleteSeededUsers(product, leaving);
      await seedUsers(product, [{}, {}]);
    });

    expect(new Set(seen).size).toBe(seen.length);
    const stayed = new Set(before);
    expect(seen.filter((id) => stayed.has(id))).toEqual(before);
    expect(gone.size).toBeGreaterThan(10);
    // Who came behind the cursor is shown, who came before it is not: in this order the new ones are in their place.
    const after = await everybody(sql);
    const places = seen.filter((id) => !gone.has(id)).map((id) => after.indexOf(id));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

test.each([false, true])('shows everybody once, one by one (backwards: %s)', async (isBackward) => {
  const ids = await fetchAllUserIds(viewer, { size: 1, isBackward });

  expect(ids).toEqual(await everybody('created_at desc, id desc'));
});

test('twenty users, newest first, by default', async () => {
  const { ids, hasNextPage, hasPreviousPage } = await fetchUserPage(viewer);

  expect(ids).toEqual((await everybody('created_at desc, id desc')).slice(0, 20));
  expect({ hasNextPage, hasPreviousPage }).toEqual({ hasNextPage: true, hasPreviousPage: false });
  expect(await fetchUserPage(viewer, { order: {} })).toMatchObject({ ids });
  expect(
    await fetchUserPage(viewer, { first: null, last: null, order: null, filter: null }),
  ).toMatchObject({ ids });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, signInAdmin } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import {
  fetchUserPage,
  fetchUserPageError,
  seedUsers,
  type UserPage,
} from '../support/seed-users.ts';

let product: Product;
let viewer: Client;
/** All ten, in one page: the first admin and nine who came in one moment. */
let all: UserPage;
beforeAll(async () => {
  product = await startProduct();
  viewer = await signInAdmin(product);
  await seedUsers(product, Array(9).fill({}));
  all = await fetchUserPage(viewer, { first: 100 });
});
afterAll(() => product.close());

/** Arguments with the cursor of the nth, from 0, for n. */
const withCursors = (args: { after?: number; before?: number }) => ({
  ...args,
  ...(args.after !== undefined && { after: all.cursors[args.after] }),
  ...(args.before !== undefined && { before: all.cursors[args.before] }),
});

describe('a window', () => {
  test.each([
    { args: { first: 3 }, from: 0, to: 3, next: true, previous: false },
    { args: { first: 10 }, from: 0, to: 10, next: false, previous: false },
    { args: { first: 9 }, from: 0, to: 9, next: true, previous: false },
    { args: { last: 3 }, from: 7, to: 10, next: false, previous: true },
    { args: { last: 10 }, from: 0, to: 10, next: false, previous: false },
    { args: { first: 3, after: 2 }, from: 3, to: 6, next: true, previous: true },
    { args: { first: 3, after: 6 }, from: 7, to: 10, next: false, previous: true },
    { args: { first: 3, after: 9 }, from: 10, to: 10, next: false, previous: true },
    { args: { last: 3, before: 5 }, from: 2, to: 5, next: true, previous: true },
    { args: { last: 3, before: 3 }, from: 0, to: 3, next: true, previous: false },
    { args: { last: 3, before: 0 }, from: 0, to: 0, next: true, previous: false },
    { args: { after: 1, before: 8 }, from: 2, to: 8, next: false, previous: true },
    {
      args: { first: 2, after: 1, before: 8 },
      from: 2,
      to: 4,
      next: true,
      previous: true,
    },
    {
      args: { last: 2, after: 1, before: 8 },
      from: 6,
      to: 8,
      next: true,
      previous: true,
    },
    { args: { after: 4, before: 5 }, from: 5, to: 5, next: false, previous: true },
    { args: { after: 5, before: 4 }, from: 5, to: 5, next: false, previous: true },
    { args: { first: 0 }, from: 0, to: 0, next: true, previous: false },
    { args: { last: 0 }, from: 0, to: 0, next: false, previous: true },
    { args: { first: 0, after: 9 }, from: 0, to: 0, next: false, previous: true },
  ])('$args shows $from to $to', async ({ args, from, to, next, previous }) => {
    const page = await fetchUserPage(viewer, withCursors(args));

    expect(page).toEqual({
      ids: all.ids.slice(from, to),
      cursors: all.cursors.slice(from, to),
      hasNextPage: next,
      hasPreviousPage: previous,
      startCursor: from < to ? all.cursors[from] : null,
      endCursor: from < to ? all.cursors[to - 1] : null,
      totalCount: 10,
    });
  });

  test('continues in the other direction from the same cursor', async () => {
    const order = { by: 'CREATED_AT', direction: 'ASC' };

    const { ids } = await fetchUserPage(viewer, { ...withCursors({ after: 5 }), first: 3, order });

    expect(ids).toEqual(all.ids.slice(2, 5).toReversed());
  });

  test('has at most a hundred users', async () => {
    expect(await fetchUserPageError(viewer, { first: 100 })).toMatchObject({ status: 200 });
    expect(await fetchUserPageError(viewer, { last: 100 })).toMatchObject({ status: 200 });
  });

  test.each([
    { args: { first: 101 }, paths: ['first'] },
    { args: { first: -1 }, paths: ['first'] },
    { args: { last: 101 }, paths: ['last'] },
    { args: { last: -1 }, paths: ['last'] },
    { args: { first: -1, last: 101 }, paths: ['first', 'last'] },
    { args: { first: 1, last: 1 }, paths: ['first'] },
    { args: { first: 0, last: 0 }, paths: ['first'] },
    { args: { first: 2 ** 31 }, paths: [] },
    { args: { first: 1.5 }, paths: [] },
    { args: { first: '1' }, paths: [] },
    { args: { filter: { search: 'x'.repeat(101) } }, paths: ['filter.search'] },
    { args: { filter: { role: 'KING' } }, paths: [] },
    { args: { order: { by: 'AGE' } }, paths: [] },
  ])('$args is BAD_USER_INPUT', async ({ args, paths }) => {
    const refusal = await fetchUserPageError(viewer, args);

    expect(refusal).toEqual({ status: 400, code: 'BAD_USER_INPUT', paths });
  });
});

describe('a cursor', () => {
  const encode = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
  const ID = '01890000-0000-7000-8000-000000000000';
  const GARBAGE = {
    empty: '',
    'a word': 'garbage',
    'not JSON': Buffer.from('{').toString('base64url'),
    'no list': encode({ id: ID }),
    'an empty list': encode([]),
    'a moment that is none': encode(['yesterday', ID]),
    'a day that is none': encode(['2023-02-29T00:00:00.000Z', ID]),
    'a year before all years': encode(['0000-01-01T00:00:00.000Z', ID]),
    'a moment of another place': encode(['2024-01-01T00:00:00+99:99', ID]),
    'an id that is none': encode(['2024-01-01T00:00:00.000Z', "' or true --"]),
    'one part too many': encode(['2024-01-01T00:00:00.000Z', ID, ID]),
    numbers: encode([0, 0]),
    null: encode(null),
  };

  test.each(Object.entries(GARBAGE))('that is garbage is bad input: %s', async (_, cursor) => {
    for (const by of ['CREATED_AT', 'USERNAME']) {
      for (const path of ['after', 'before']) {
        const refusal = await fetchUserPageError(viewer, { [path]: cursor, order: { by } });

        expect(refusal).toEqual({ status: 400, code: 'BAD_USER_INPUT', paths: [path] });
      }
    }
  });

  test.each([encode(['a\0']), encode(['x'.repeat(100_000)]), encode([7])])(
    'with a username that can be none is bad input',
    async (after) => {
      const refusal = await fetchUserPageError(viewer, { after, order: { by: 'USERNAME' } });

      expect(refusal).toEqual({ status: 400, code: 'BAD_USER_INPUT', paths: ['after'] });
    },
  );

  test.each([
    ['CREATED_AT', 'USERNAME'],
    ['USERNAME', 'CREATED_AT'],
  ])('of the order %s is BAD_USER_INPUT in the order %s', async (one, other) => {
    const { endCursor } = await fetchUserPage(viewer, { first: 3, order: { by: one } });

    const refusal = await fetchUserPageError(viewer, { after: endCursor, order: { by: other } });

    expect(refusal).toEqual({ status: 400, code: 'BAD_USER_INPUT', paths: ['after'] });
  });

  test('beyond the last user returns an empty page', async () => {
    const after = encode(['9999-12-31T23:59:59.999Z', ID]);

    const { ids } = await fetchUserPage(viewer, { after, order: { direction: 'ASC' } });

    expect(ids).toEqual([]);
  });
});

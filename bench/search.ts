/** What a search and its count take PostgreSQL, by term, among 200,000 and 1,000,000 users: CPU, which other work hardly changes. */
import { readFile } from 'node:fs/promises';
import { exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { bundle } from '../bundle.mjs';
import type { UserFilter, UserOrder, UsersArgs } from '../src/users/inputs.ts';
import { countUsers, pageOfUsers } from '../src/users/page.ts';
import { startProduct } from './attacks/product.ts';
import { printTable } from './table.ts';

/** ms of CPU that no page and no count may take with 1,000,000 users, whatever is searched; FAR alone is beyond. */
const BOUND_MS = 300;

/** A name of one user in fifteen, all of them the oldest: the newest of these are far away in the order. */
const FAR = 'Methuselah';

/** Each kind of term that PostgreSQL treats differently. */
const TERMS: Record<string, string> = {
  'one letter': 'a',
  'one letter, of everybody': 'u',
  'one letter, of nobody': 'ß',
  'two letters': 'ma',
  'two letters, of nobody': 'qx',
  'a common name': 'anna',
  'a common part': 'son',
  'first and last name': 'anna meyer',
  initials: 'a b',
  'a rare part': 'f0f',
  'a beginning of usernames': 'u12',
  'one username': 'u123456-',
  nobody: 'absent',
  wildcards: '%_%',
  'digits and a wildcard': '100%',
  '100 characters': 'x'.repeat(100),
  'no search': '',
};

const ORDERS = ['CREATED_AT', 'USERNAME'].flatMap((by) =>
  ['ASC', 'DESC'].map((direction) => ({ by, direction })),
);
const FILTERS = [{}, { hasPhoto: true }, { hasPhoto: false }, { role: 'USER' }, { role: 'ADMIN' }];

/** `npm run bench -- search [--rows 200000,1000000]` */
export async function run(words: string[]): Promise<void> {
  const { values } = parseArgs({
    args: words,
    options: { rows: { type: 'string', default: '200000,1000000' } },
  });
  bundle('dist/bench/product');
  let isWithin = true;
  for (const rows of values.rows.split(',').map(Number)) {
    const worst = await measure(rows);
    stdout.write(`\nThe slowest takes ${worst.toFixed(0)} ms; at most ${BOUND_MS} are allowed.\n`);
    isWithin &&= worst <= BOUND_MS;
  }
  exit(isWithin ? 0 : 1);
}

/** @returns ms of the slowest, without FAR */
async function measure(users: number): Promise<number> {
  const product = await startProduct(users);
  const pool = new pg.Pool({
    ...{ connectionString: product.databaseUrl, max: 1 },
    // Everything is counted where it is measured: in the one process of this connection.
    options: '-c max_parallel_workers_per_gather=0',
  });
  try {
    const table = [];
    for (const [kind, search] of Object.entries(TERMS))
      table.push(await measureTerm(pool, kind, search));
    const worst = Math.max(...table.map(({ ms }) => ms));
    await pool.query(
      `update users set first_name = $1 where created_at < now() - $2::int * interval '1 minute'`,
      [FAR, Math.round((users * 14) / 15)],
    );
    await pool.query('vacuum analyze users');
    table.push(await measureTerm(pool, 'far away', FAR));
    printTable(`Among ${users} users, ms of CPU`, [
      ['search', 'matches', 'a page', 'slowest page', 'its order and filter', 'slowest count'],
      ...table.map(({ row }) => row),
    ]);
    return worst;
  } finally {
    await pool.end();
    await product.close();
  }
}

/** Every order, filter and page of one term; each twice, and the faster of both counts. */
async function measureTerm(pool: pg.Pool, kind: string, search: string) {
  const pages: { ms: number; what: string }[] = [];
  const counts: number[] = [];
  // One that takes seconds is measured without filters alone.
  const filters = search === FAR ? FILTERS.slice(0, 1) : FILTERS;
  for (const filter of filters.map((filter) => ({ ...filter, search }) as UserFilter)) {
    counts.push(await timeOf(pool, () => countUsers(pool, filter)));
    for (const order of ORDERS as UserOrder[]) {
      for (const args of await pagesOf(pool, { filter, order })) {
        const ms = await timeOf(pool, () => pageOfUsers(pool, args).edges());
        pages.push({
          ms,
          what: `${JSON.stringify(order)} ${JSON.stringify({ ...filter, search: undefined })}`,
        });
      }
    }
  }
  pages.sort((a, b) => a.ms - b.ms);
  const [slowest, middle] = [pages.at(-1), pages[pages.length >> 1]];
  const matches = await countUsers(pool, { search });
  const [page, count] = [slowest?.ms ?? 0, Math.max(...counts)];
  const row = [
    ...[kind, matches === 1_000 ? '1000+' : String(matches)],
    ...[(middle?.ms ?? 0).toFixed(1), page.toFixed(1), slowest?.what ?? '', count.toFixed(1)],
  ];
  return { row, ms: Math.max(page, count) };
}

/** The first page, the one after it, a large one, and one from the middle of all users. */
async function pagesOf(pool: pg.Pool, args: Pick<UsersArgs, 'filter' | 'order'>) {
  const first = { ...args, first: 20 };
  const after = (await pageOfUsers(pool, first).pageInfo()).endCursor();
  return [
    first,
    { ...args, first: 100 },
    ...(after === undefined ? [] : [{ ...first, after }]),
    { ...first, after: await middleOf(pool, args.order) },
  ];
}

/** The cursor of the user in the middle: by age one of the middle, by username any. */
async function middleOf(pool: pg.Pool, order: UsersArgs['order']) {
  const { rows } = await pool.query(
    `select created_at, id, username from users where created_at >
       (select min(created_at) + (max(created_at) - min(created_at)) / 2 from users)
     order by created_at limit 1`,
  );
  const [{ created_at, id, username }] = rows;
  const position = order?.by === 'USERNAME' ? [username] : [created_at.toISOString(), id];
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** ms of CPU of the connection's process: the less of two runs. */
async function timeOf(pool: pg.Pool, work: () => Promise<unknown>) {
  const { rows } = await pool.query('select pg_backend_pid() as pid');
  const times = [];
  for (let run = 0; run < 2; run++) {
    const before = await cpuOf(rows[0].pid);
    await work();
    times.push((await cpuOf(rows[0].pid)) - before);
  }
  return Math.min(...times);
}

/** ms @see https://docs.kernel.org/scheduler/sched-stats.html */
async function cpuOf(pid: number) {
  const [ns] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ');
  return Number(ns) / 1_000_000;
}

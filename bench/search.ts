/** Measures PostgreSQL's CPU time per search and count, by term, among 200,000 and 1,000,000 users. Other load hardly affects CPU time. */
import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import pg from 'pg';
import { apiOptions, bundle } from '../bundle.mjs';
import type { UserFilter, UserOrder, UsersArgs } from '../src/users/inputs.ts';
import type * as Page from '../src/users/page.ts';
import { startProduct } from './attacks/product.ts';
import { printTable } from './table.ts';

/** Bundled first: Node strips types, but does not compile the decorators of the entities. */
const QUERIES = join(import.meta.dirname, '../dist/bench/queries');
buildSync({ ...apiOptions(QUERIES), entryPoints: ['src/users/page.ts'] });
const { countUsers, pageOfUsers }: typeof Page = await import(join(QUERIES, 'page.js'));

/** Maximum CPU time of any page or count with 1,000,000 users, ms; only FAR may exceed it. */
const LIMIT_MS = 300;

/** Name of one user in fifteen, all of them the oldest: an index scan from the newest reaches them last. */
const FAR = 'Methuselah';

/** One term of each kind that PostgreSQL plans differently. */
const TERMS: Record<string, string> = {
  'one letter': 'a',
  'one letter, in every name': 'u',
  'one letter, in no name': 'ß',
  'two letters': 'ma',
  'two letters, in no name': 'qx',
  'a common name': 'anna',
  'a common part': 'son',
  'first and last name': 'anna meyer',
  initials: 'a b',
  'a rare part': 'f0f',
  'a prefix of usernames': 'u12',
  'one username': 'u123456-',
  'no match': 'absent',
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
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rows: { type: 'string', default: '200000,1000000' } },
  });
  bundle('dist/bench/product');
  let isWithin = true;
  for (const rows of values.rows.split(',').map(Number)) {
    const worst = await measure(rows);
    stdout.write(`\nThe slowest takes ${worst.toFixed(0)} ms; the limit is ${LIMIT_MS} ms.\n`);
    isWithin &&= worst <= LIMIT_MS;
  }
  exit(isWithin ? 0 : 1);
}

/** Returns the CPU time (ms) of the slowest search, except for FAR. */
async function measure(users: number): Promise<number> {
  const product = await startProduct(users);
  const pool = new pg.Pool({
    connectionString: product.databaseUrl,
    max: 1,
    // Only the process of this connection is measured, so it must do all the work.
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
    printTable(`${users} users, CPU ms`, [
      ['search', 'matches', 'page', 'slowest page', 'its order and filter', 'slowest count'],
      ...table.map(({ row }) => row),
    ]);
    return worst;
  } finally {
    await pool.end();
    await product.close();
  }
}

/** Measures every order, filter and page of one term. */
async function measureTerm(pool: pg.Pool, kind: string, search: string) {
  const pages: { ms: number; label: string }[] = [];
  const counts: number[] = [];
  // FAR takes seconds, so it is measured without filters only.
  const filters = search === FAR ? FILTERS.slice(0, 1) : FILTERS;
  for (const filter of filters.map((filter) => ({ ...filter, search }) as UserFilter)) {
    counts.push(await cpuTimeOf(pool, () => countUsers(pool, filter)));
    for (const order of ORDERS as UserOrder[]) {
      for (const args of await pagesOf(pool, { filter, order })) {
        const ms = await cpuTimeOf(pool, () => pageOfUsers(pool, args).edges());
        pages.push({
          ms,
          label: `${JSON.stringify(order)} ${JSON.stringify({ ...filter, search: undefined })}`,
        });
      }
    }
  }
  pages.sort((a, b) => a.ms - b.ms);
  const [slowest, middle] = [pages.at(-1), pages[pages.length >> 1]];
  const matches = await countUsers(pool, { search });
  const [page, count] = [slowest?.ms ?? 0, Math.max(...counts)];
  const row = [
    kind,
    matches === 1_000 ? '1000+' : String(matches),
    (middle?.ms ?? 0).toFixed(1),
    page.toFixed(1),
    slowest?.label ?? '',
    count.toFixed(1),
  ];
  return { row, ms: Math.max(page, count) };
}

/** The first page, the second, a large one, and one from the middle of all users. */
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

/** Cursor of a user of median age; by username it is a random one. */
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

/** CPU time of the connection's process, ms: the minimum of two runs. */
async function cpuTimeOf(pool: pg.Pool, work: () => Promise<unknown>) {
  const { rows } = await pool.query('select pg_backend_pid() as pid');
  const times = [];
  for (let run = 0; run < 2; run++) {
    const before = await cpuOf(rows[0].pid);
    await work();
    times.push((await cpuOf(rows[0].pid)) - before);
  }
  return Math.min(...times);
}

/** CPU time of a process, ms. @see https://docs.kernel.org/scheduler/sched-stats.html */
async function cpuOf(pid: number) {
  const [ns] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ');
  return Number(ns) / 1_000_000;
}

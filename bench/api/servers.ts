/** Starts the measured servers, each in its own process, which reports its CPU and memory. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Contestant {
  name: string;
  script: string;
  env?: Record<string, string>;
  /** Queries for a user and for a page, where its schema differs from ours. */
  queries?: Queries;
}
export type Queries = Record<'user' | 'users', string>;

export interface Server extends Contestant {
  url: string;
  /** Tokens of the users who send requests. */
  tokens: string[];
  /** Ids of users to query. */
  ids: string[];
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** CPU since the start, µs, and memory, bytes. */
export interface Usage {
  cpu: number;
  rss: number;
}

const FOLDER = join(import.meta.dirname, '../peers');
const START_TIMEOUT_MS = 60_000;

/** The peers, from the floor up. They implement a part of our schema. */
export const PEERS: readonly Contestant[] = [
  { name: 'floor', script: join(FOLDER, 'floor.mjs') },
  { name: 'mercurius, JIT', script: join(FOLDER, 'mercurius.mjs'), env: { JIT: '1' } },
  { name: 'mercurius', script: join(FOLDER, 'mercurius.mjs') },
  { name: 'Apollo alone', script: join(FOLDER, 'apollo.mjs') },
  { name: 'yoga, JIT', script: join(FOLDER, 'yoga.mjs'), env: { JIT: '1' } },
  { name: 'yoga', script: join(FOLDER, 'yoga.mjs') },
  {
    name: 'PostGraphile',
    script: join(FOLDER, 'postgraphile.mjs'),
    queries: {
      user: 'query ($id: UUID!) { userByRowId(rowId: $id) { rowId username firstName lastName profileByUserId { displayName bio } } }',
      users:
        'query ($first: Int) { allUsers(first: $first, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { edges { node { rowId username firstName lastName profileByUserId { displayName bio } } } pageInfo { hasNextPage endCursor } } }',
    },
  },
];

/** Starts a server and waits until it responds to HTTP. */
export async function startServer(contestant: Contestant, env: Record<string, string>) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/graphql`;
  const child = fork(contestant.script, {
    env: { ...process.env, NODE_ENV: 'production', ...env, ...contestant.env, PORT: String(port) },
    execArgv: ['--import', join(FOLDER, 'usage.mjs')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await waitUntilUp(url, child);
  return {
    ...contestant,
    url,
    async usage(): Promise<Usage> {
      const message = once(child, 'message');
      child.send('usage');
      return (await message)[0];
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await Promise.race([exited, delay(5_000).then(() => child.kill('SIGKILL'))]);
    },
  };
}

async function waitUntilUp(url: string, child: ChildProcess) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (await fetch(url, { method: 'POST' }).catch(() => undefined)) return;
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${child.spawnargs.at(-1)} did not start.`);
    }
    await delay(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** The product as `npm start` runs it, with the database and the bucket outside it, so that both can fail by themselves. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { bundle } from '../../bundle.mjs';
import { startPostgres } from '../../local/postgres/postgres.ts';
import { BUCKET, openStore } from './bucket.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** One address and a few people do all there is to do. */
export const NO_RATES = {
  RATE_SIGN_IN: '1000000',
  RATE_SIGN_UP: '1000000',
  RATE_UPLOAD: '1000000',
  RATE_ACCOUNT: '1000000',
};

export type Whole = Awaited<ReturnType<typeof startWhole>>;

/** Starts everything in a folder of its own. */
export async function startWhole() {
  bundle('dist/bench');
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'portrait-bench-'));
  // Run by root, PostgreSQL is another user's, who must be able to enter.
  await chmod(folder, 0o755);
  let postgres = await startPostgres(folder, () => {});
  const { url: databaseUrl } = postgres;
  const store = await openStore(folder);
  const dataDir = join(folder, 'api');
  await mkdir(dataDir);
  const port = await freePorts();
  const env = {
    PATH: process.env.PATH,
    ...{ PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'fatal', DATABASE_URL: databaseUrl },
    ...{ S3_ENDPOINT: store.shield.url, PHOTO_BUCKET: BUCKET },
    ...{ AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' },
    ...{ THUMB_DIMENSIONS: '50,100', BLUR: 'false' },
    ...NO_RATES,
  };
  let child = await launch(env, dataDir);

  return {
    url: `http://127.0.0.1:${port}`,
    shield: store.shield,
    store,
    /** MB of the API's process. */
    memory: () => memoryOf(child.pid),
    /** The processes of the image function. */
    functions: () => childrenOf(child.pid, 'dist/bench/lambda'),
    async sql(statement: string) {
      const client = new pg.Client({ connectionString: databaseUrl });
      // A server that goes away while it is asked is what is tried here.
      client.on('error', () => {});
      await client.connect();
      const { rows } = await client.query(statement).finally(() => client.end());
      return rows as Record<string, string>[];
    },
    async killApi() {
      child.kill('SIGKILL');
      await once(child, 'close');
      child = await launch(env, dataDir);
    },
    async restartPostgres() {
      await postgres.stop();
      postgres = await startPostgres(folder, () => {});
    },
    async close() {
      child.kill('SIGTERM');
      await once(child, 'close');
      await store.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(env: NodeJS.ProcessEnv, cwd: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/bench/main.js')], {
    ...{ env, cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      said += text;
      if (said.includes('Portrait is ready.')) resolve();
    });
    child.stderr.on('data', (text) => {
      said += text;
    });
    child.once('close', () => reject(new Error(`The product ended:\n${said}`)));
  });
  await ready;
  return child;
}

/** A port that is free together with the one after it, which is for the photos. */
export async function freePorts(): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 20_000);
  const servers = [createServer(), createServer()];
  try {
    for (const [at, server] of servers.entries()) {
      await once(server.listen(port + at, '127.0.0.1'), 'listening');
    }
    return port;
  } catch {
    return freePorts();
  } finally {
    for (const server of servers) server.close();
  }
}

async function memoryOf(pid: number | undefined) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function childrenOf(parent: number | undefined, words: string) {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,ppid=,command=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, ppid] = line.trim().split(/\s+/).map(Number);
    return ppid === parent && pid && line.includes(words) ? [pid] : [];
  });
}

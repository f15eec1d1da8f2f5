/** The product under attack: bundled, in laptop mode, with its own data directory and ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import pg from 'pg';
import { startPostgres } from '../../local/postgres/postgres.ts';
import { freePorts } from '../system/system-under-test.ts';
import { insertUsers } from './seed-users.ts';
import { processesOf, usageOf } from './usage.ts';

const SCRIPT = join(import.meta.dirname, '../../dist/bench/product/main.js');

/** ms between two samples of the API's memory. */
const SAMPLE_INTERVAL_MS = 200;

export type Product = Awaited<ReturnType<typeof startProduct>>;

/** @param users number of rows to insert into the database */
export async function startProduct(users: number) {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'portrait-attacks-'));
  // PostgreSQL does not run as root, and must be able to enter the folder.
  await chmod(folder, 0o755);
  const port = await freePorts();
  const env = { PATH: process.env.PATH, DATA_DIR: folder, PORT: `${port}` };
  const child = await launch(env, join(folder, 'api.log'));
  const postgres = await startPostgres(folder, () => {});
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  if (users > 0) await insertUsers(client, users);
  const processes = await processesOf(child.pid ?? 0, client);

  return {
    url: `http://127.0.0.1:${port}`,
    databaseUrl: postgres.url,
    /** CPU time since the start. */
    usage: () => usageOf(processes),
    /** Samples the API's memory until the returned function is called, which returns the maximum in MiB. */
    watchMemory() {
      let most = 0;
      const sample = async () => {
        const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
        most = Math.max(most, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      };
      const timer = setInterval(sample, SAMPLE_INTERVAL_MS);
      return () => {
        clearInterval(timer);
        return most;
      };
    },
    async close() {
      await client.end();
      child.kill('SIGTERM');
      await once(child, 'close');
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the product and waits until it is ready. Its log goes to a file, in place of a terminal or service manager. */
async function launch(env: NodeJS.ProcessEnv, log: string): Promise<ChildProcess> {
  const child = spawn(execPath, [SCRIPT], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(log);
  let start = '';
  await new Promise<void>((resolve, reject) => {
    const read = (text: Buffer) => {
      if (start.includes('Portrait is ready.')) return;
      start += text;
      if (start.includes('Portrait is ready.')) resolve();
    };
    child.stdout.on('data', read).pipe(file);
    child.stderr.on('data', read).pipe(file);
    child.once('close', () => reject(new Error(`The product exited:\n${start}`)));
  });
  return child;
}

/** The system under test: the product like under `npm start`, but with an external database and bucket, so that each can fail on its own. */
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
import { BUCKET, openBucket } from './bucket.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** All requests come from one address and few users. */
export const NO_RATE_LIMITS = {
  RATE_SIGN_IN: '1000000',
  RATE_SIGN_UP: '1000000',
  RATE_UPLOAD: '1000000',
  RATE_ACCOUNT: '1000000',
};

export type SystemUnderTest = Awaited<ReturnType<typeof startSystem>>;

/** Starts everything in a temporary folder. */
export async function startSystem() {
  bundle('dist/bench');
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'portrait-bench-'));
  // Under root, PostgreSQL runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o755);
  let postgres = await startPostgres(folder, () => {});
  const { url: databaseUrl } = postgres;
  const bucket = await openBucket(folder);
  const dataDir = join(folder, 'api');
  await mkdir(dataDir);
  const port = await freePorts();
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'fatal',
    DATABASE_URL: databaseUrl,
    S3_ENDPOINT: bucket.faultProxy.url,
    PHOTO_BUCKET: BUCKET,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    THUMB_DIMENSIONS: '50,100',
    BLUR: 'false',
    ...NO_RATE_LIMITS,
  };
  let child = await launch(env, dataDir);

  return {
    url: `http://127.0.0.1:${port}`,
    faultProxy: bucket.faultProxy,
    bucket,
    /** Memory of the API's process, MB. */
    memory: () => memoryOf(child.pid),
    /** Process ids of the image functions. */
    functions: () => childrenOf(child.pid, 'dist/bench/lambda'),
    async sql(statement: string) {
      const client = new pg.Client({ connectionString: databaseUrl });
      // Restarts of the server are among the faults.
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
      await bucket.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(env: NodeJS.ProcessEnv, cwd: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/bench/main.js')], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      output += text;
      if (output.includes('Portrait is ready.')) resolve();
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    child.once('close', () => reject(new Error(`The product exited:\n${output}`)));
  });
  await ready;
  return child;
}

/** Finds two consecutive free ports; the second one serves photos. */
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

async function childrenOf(parent: number | undefined, text: string) {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,ppid=,command=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, ppid] = line.trim().split(/\s+/).map(Number);
    return ppid === parent && pid && line.includes(text) ? [pid] : [];
  });
}

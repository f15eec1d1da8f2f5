/** The process of PostgreSQL: launched, recognized by its lock file, shut down. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fullDiskError } from '../../src/disk.ts';
import { type DataDirectory, ENVIRONMENT } from './data-directory.ts';
import type { Programs } from './programs.ts';

export interface Server extends DataDirectory, Programs {
  /** Log file of the server. */
  logFile: string;
  log: (message: string) => void;
  /** Aborts the start. */
  stopping?: AbortSignal | undefined;
}

/** Part of the socket's name; nothing listens on the network. */
export const PORT = 5432;

/** For a laptop: little memory, no lost commits. */
const SETTINGS = {
  listen_addresses: '',
  port: PORT,
  unix_socket_permissions: '0700',
  max_connections: 100,
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // Otherwise an error's DETAIL quotes the rejected row, and its STATEMENT the failed one.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
};

/**
 * Detached: a Ctrl-C in the terminal must not reach PostgreSQL before the product has shut down.
 *
 * @param stalePid pid in a leftover lock file. PostgreSQL would mistake any process that has this pid now for the server,
 *                 unless it is told that the pid is its own grandparent (as pg_ctl does)
 */
export async function launch(server: Server, stalePid: number | undefined) {
  const { account, cluster, programs, sockets, log } = server;
  log(`PostgreSQL starts in ${cluster}`);
  const output = await open(server.logFile, 'a', 0o600);
  await output.chown(account.uid, account.gid);
  // Relative if possible: the setting is a comma-separated list, and a path may contain commas.
  const settings = { ...SETTINGS, unix_socket_directories: sockets === cluster ? '.' : sockets };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(programs, 'postgres'), ['-D', cluster, ...options], {
    ...account,
    cwd: '/',
    env: { ...ENVIRONMENT, PG_GRANDPARENT_PID: `${stalePid ?? 0}` },
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
  });
  child.on('error', ({ message }) => log(`PostgreSQL cannot be run: ${message}`));
  child.unref();
  await output.close();
  return child;
}

/** Ends a server that is not used yet. */
export async function abandon(child: ChildProcess) {
  child.ref();
  child.kill('SIGINT');
  if (isRunning(child)) await once(child, 'exit');
}

export const isRunning = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null;

/** Returns the pid in a cluster's lock file, and whether that process is alive and PostgreSQL, not another with the same pid. */
export async function readLock(cluster: string) {
  const file = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(file, 10);
  return pid > 0
    ? { pid, isHeld: await isPostmaster(pid, cluster) }
    : { pid: undefined, isHeld: false };
}

/** A zombie has no command line and counts as dead. */
async function isPostmaster(pid: number, cluster: string) {
  const command =
    process.platform === 'linux'
      ? readFile(`/proc/${pid}/cmdline`, 'utf8')
      : promisify(execFile)('ps', ['-o', 'command=', '-p', `${pid}`]).then(({ stdout }) => stdout);
  const words = await command.catch(() => '');
  return words.replaceAll('\0', ' ').includes(`postgres -D ${cluster} `);
}

/** Shuts the server down and waits until it has ended. After 3 s it is killed; the next start recovers. */
export async function shutDown(cluster: string) {
  const { pid, isHeld } = await readLock(cluster);
  if (!pid || !isHeld) return;
  signal(pid, 'SIGINT');
  const force = setTimeout(() => signal(pid, 'SIGQUIT'), 3000);
  while (await isPostmaster(pid, cluster)) await delay(20);
  clearTimeout(force);
}

function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in the meantime.
  }
}

/** The error of a server that does not start, with the end of its log. */
export async function startError({ logFile }: Server, cause: unknown) {
  const words = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8);
  const error = new Error(
    `PostgreSQL does not start; set DATABASE_URL to use another. The end of ${logFile}:\n${words.join('\n')}`,
    { cause },
  );
  return fullDiskError({ setting: 'DATA_DIR', path: dirname(logFile) }, error);
}

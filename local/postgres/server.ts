/** The process of PostgreSQL: launched, recognised by its lock file, shut down. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fullDiskError } from '../../src/disk.ts';
import { ENVIRONMENT, type Home } from './data-directory.ts';
import type { Programs } from './programs.ts';

export interface Server extends Home, Programs {
  /** File that takes what the server says. */
  log: string;
  say: (message: string) => void;
  /** Ends the start half-way. */
  stopping?: AbortSignal | undefined;
}

/** Names the socket; nothing listens on the network. */
export const PORT = 5432;

/** A laptop's: little memory, no lost commits. */
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
  // Otherwise an error's DETAIL quotes the row that was refused, and its STATEMENT the one that failed.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
};

/**
 * Detached: a Ctrl-C in the terminal must not reach PostgreSQL before the product has drained.
 *
 * @param stalePid who made the lock file that is left; PostgreSQL itself would believe any process that has this pid by
 *                 now, but not when told that it is its own grandparent (as pg_ctl does)
 */
export async function launch(server: Server, stalePid: number | undefined) {
  const { account, cluster, programs, sockets, say } = server;
  say(`PostgreSQL starts in ${cluster}`);
  const log = await open(server.log, 'a', 0o600);
  await log.chown(account.uid, account.gid);
  // Relative where it can be: a list is read from this setting, and a path may hold commas.
  const settings = { ...SETTINGS, unix_socket_directories: sockets === cluster ? '.' : sockets };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(programs, 'postgres'), ['-D', cluster, ...options], {
    ...account,
    cwd: '/',
    env: { ...ENVIRONMENT, PG_GRANDPARENT_PID: `${stalePid ?? 0}` },
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  child.on('error', ({ message }) => say(`PostgreSQL cannot be run: ${message}`));
  child.unref();
  await log.close();
  return child;
}

/** Ends a server that nobody uses yet. */
export async function abandon(child: ChildProcess) {
  child.ref();
  child.kill('SIGINT');
  if (isRunning(child)) await once(child, 'exit');
}

export const isRunning = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null;

/** Who made the lock file of a cluster, and whether that is alive and PostgreSQL, not another process with the same pid. */
export async function readLock(cluster: string) {
  const file = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(file, 10);
  return pid > 0
    ? { pid, isHeld: await isPostmaster(pid, cluster) }
    : { pid: undefined, isHeld: false };
}

/** A dead process that nobody has reaped has no command line, which is right: it does nothing more. */
async function isPostmaster(pid: number, cluster: string) {
  const command =
    process.platform === 'linux'
      ? readFile(`/proc/${pid}/cmdline`, 'utf8')
      : promisify(execFile)('ps', ['-o', 'command=', '-p', `${pid}`]).then(({ stdout }) => stdout);
  const words = await command.catch(() => '');
  return words.replaceAll('\0', ' ').includes(`postgres -D ${cluster} `);
}

/** Ends the server and waits until it is gone: in order, or after 3 s by force, from which the next start recovers. */
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
    // It ended by itself in between.
  }
}

/** Why the server does not answer, with its own last words. */
export async function failure({ log }: Server, cause: unknown) {
  const words = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8);
  const error = new Error(
    `PostgreSQL does not start; set DATABASE_URL to use another. The end of ${log}:\n${words.join('\n')}`,
    { cause },
  );
  return fullDiskError({ setting: 'DATA_DIR', path: dirname(log) }, error);
}

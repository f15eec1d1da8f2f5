/** Finds the data directory and the account of the server: PostgreSQL refuses to run as root, and cannot enter root's directories. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readlink,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A user of the operating system. */
export interface Account {
  uid: number;
  gid: number;
}

/** Directories and account of the embedded PostgreSQL. */
export interface DataDirectory {
  /** The account that runs the server and owns the cluster. */
  account: Account;
  /** Directory of the cluster (PGDATA). */
  cluster: string;
  /** Directory of the socket: the cluster, or a shorter path if that one is too long. */
  sockets: string;
}

/** A fixed environment: PGPORT, PGDATA, LC_ALL or TZ of the terminal would change the server's behavior. */
export const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** For root, if DATA_DIR is not accessible to PostgreSQL's account. Survives reboots, and only root can write there. */
const FALLBACK_DIRECTORY = '/var/lib/portrait';

/** `sun_path` has 104 bytes on macOS (108 on Linux), the last is NUL; `/.s.PGSQL.5432` takes 14. */
const MAX_SOCKET_DIRECTORY_BYTES = 104 - 1 - 14;

/** Runs a program as the given account. */
export const runAs = (account: Account, program: string, args: string[]) =>
  promisify(execFile)(program, args, { ...account, cwd: '/', env: ENVIRONMENT });

/** @param dataDir absolute, existing, without symbolic links */
export async function findDataDirectory(
  dataDir: string,
  log: (message: string) => void,
): Promise<DataDirectory> {
  const account = await findAccount(join(dataDir, 'postgres'));
  const cluster = await findCluster(dataDir, account, log);
  const sockets = await findSocketDirectory(cluster, account);
  return { account, cluster, sockets };
}

/** The current user; for root, the owner of the data, else `postgres`, else `nobody`. */
async function findAccount(cluster: string): Promise<Account> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const owner = await stat(cluster).catch(() => undefined);
  if (uid !== 0 && owner && owner.uid !== uid) {
    throw new Error(
      `The database in ${cluster} belongs to user ${owner.uid}: start as that user or root, or set DATA_DIR.`,
    );
  }
  if (uid !== 0) return { uid, gid };
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const ids = [runAs({ uid, gid }, 'id', ['-u', name]), runAs({ uid, gid }, 'id', ['-g', name])];
    const [user, group] = await Promise.all(ids).catch(() => []);
    if (user && group) return { uid: Number(user.stdout), gid: Number(group.stdout) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no user postgres or nobody: start as another user or set DATABASE_URL.',
  );
}

/** `postgres` in the data directory; if the account cannot enter it, a link to a directory in FALLBACK_DIRECTORY. */
async function findCluster(dataDir: string, account: Account, log: (message: string) => void) {
  const cluster = join(dataDir, 'postgres');
  const link = await readlink(cluster).catch(() => undefined);
  if (link && !existsSync(dirname(link))) {
    throw new Error(
      `The database of ${cluster} was in ${link}, which is gone: remove the link to start with an empty database.`,
    );
  }
  if (link) return link;
  const canEnter = runAs(account, '/bin/sh', ['-c', 'cd "$0"', dataDir]);
  return canEnter.then(
    () => cluster,
    () => useFallback(cluster, account, log),
  );
}

/** Links to a new directory per data directory: the link moves with it, and a new data directory never gets an old database. */
async function useFallback(cluster: string, { uid }: Account, log: (message: string) => void) {
  const found = await lstat(cluster).catch(() => undefined);
  if (found?.isDirectory()) {
    const advice = 'Let others enter its parent directories (chmod o+x), or set DATA_DIR.';
    throw new Error(`User ${uid}, who owns ${cluster}, cannot access it. ${advice}`);
  }
  await mkdir(FALLBACK_DIRECTORY, { recursive: true });
  await chmod(FALLBACK_DIRECTORY, 0o755);
  const directory = await mkdtemp(join(FALLBACK_DIRECTORY, 'data-'));
  await chmod(directory, 0o755);
  // If a concurrent start was faster, its link is used.
  await symlink(join(directory, 'postgres'), cluster).catch(() => rmdir(directory));
  const fallback = await readlink(cluster);
  log(
    `User ${uid}, who runs PostgreSQL, cannot enter ${dirname(cluster)}: the database is in ${fallback}`,
  );
  return fallback;
}

/** The cluster itself, or a directory named by the hash of its path if that is too long for a socket. */
async function findSocketDirectory(cluster: string, account: Account) {
  if (Buffer.byteLength(cluster) <= MAX_SOCKET_DIRECTORY_BYTES) return cluster;

  // Not os.tmpdir(): TMPDIR may be long itself, and the next start must find the same socket.
  const directory = `/tmp/portrait-${createHash('sha256').update(cluster).digest('hex').slice(0, 16)}`;
  await mkdir(directory, { mode: 0o700 }).catch(() => {});
  const { uid, mode } = await lstat(directory);
  // Another user who created this directory could impersonate the database. In /tmp (sticky), nobody can replace ours.
  const isOurs = uid === process.getuid?.() || uid === account.uid;
  if (!isOurs || (mode & 0o170077) !== 0o040000) {
    throw new Error(
      `${directory} must be a directory that only user ${account.uid} can enter: remove it, or set DATA_DIR to a shorter path.`,
    );
  }
  await lchown(directory, account.uid, account.gid);
  return directory;
}

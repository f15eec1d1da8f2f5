/** Where the data lives and as whom the server runs: PostgreSQL refuses to run as root, and root's own folders shut it out. */
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

/** A user of the system. */
export interface Account {
  uid: number;
  gid: number;
}

/** Whose the embedded PostgreSQL is, and where. */
export interface Home {
  /** As whom the server runs; it owns the cluster. */
  account: Account;
  /** Folder of the cluster (PGDATA). */
  cluster: string;
  /** Folder of the socket: the cluster, or a short one when that path is too long. */
  sockets: string;
}

/** Nothing of ours is handed down: PGPORT, PGDATA, LC_ALL or TZ of the terminal would each change the server. */
export const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Where root keeps the cluster of a folder that nobody else can enter: kept over reboots, and only root can write there. */
const SHELTER = '/var/lib/portrait';

/** `sun_path` has 104 bytes on macOS (108 on Linux), the last is NUL; `/.s.PGSQL.5432` takes 14. */
const LONGEST_SOCKET_FOLDER = 104 - 1 - 14;

/** Runs a program to its end as the given account. */
export const runAs = (account: Account, program: string, args: string[]) =>
  promisify(execFile)(program, args, { ...account, cwd: '/', env: ENVIRONMENT });

/** @param dataDir absolute, existing, without symbolic links */
export async function findHome(dataDir: string, say: (message: string) => void): Promise<Home> {
  const account = await findAccount(join(dataDir, 'postgres'));
  const cluster = await findCluster(dataDir, account, say);
  const sockets = await socketFolder(cluster, account);
  return { account, cluster, sockets };
}

/** Ourselves; for root the owner of the data, or else `postgres`, or else `nobody`. */
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

/** `postgres` in the data folder; or, where the account cannot enter that, a folder in the shelter and a link to it. */
async function findCluster(dataDir: string, account: Account, say: (message: string) => void) {
  const cluster = join(dataDir, 'postgres');
  const link = await readlink(cluster).catch(() => undefined);
  if (link && !existsSync(dirname(link))) {
    throw new Error(
      `The database of ${cluster} was in ${link}, which is gone: remove the link to begin anew.`,
    );
  }
  if (link) return link;
  const canEnter = runAs(account, '/bin/sh', ['-c', 'cd "$0"', dataDir]);
  return canEnter.then(
    () => cluster,
    () => shelter(cluster, account, say),
  );
}

/** The link is the database's identity: it moves with the data folder, and a new data folder never meets an old database. */
async function shelter(cluster: string, { uid }: Account, say: (message: string) => void) {
  const found = await lstat(cluster).catch(() => undefined);
  if (found?.isDirectory()) {
    const advice = 'Let others enter the folders above it (chmod o+x), or set DATA_DIR.';
    throw new Error(`User ${uid}, to whom ${cluster} belongs, cannot reach it. ${advice}`);
  }
  await mkdir(SHELTER, { recursive: true });
  await chmod(SHELTER, 0o755);
  const folder = await mkdtemp(join(SHELTER, 'data-'));
  await chmod(folder, 0o755);
  // Where another starter was faster, its link counts.
  await symlink(join(folder, 'postgres'), cluster).catch(() => rmdir(folder));
  const sheltered = await readlink(cluster);
  say(
    `User ${uid}, who runs PostgreSQL, cannot enter ${dirname(cluster)}: the database is in ${sheltered}`,
  );
  return sheltered;
}

/** The cluster itself, or a folder made from its path, for a socket's path is short. */
async function socketFolder(cluster: string, account: Account) {
  if (Buffer.byteLength(cluster) <= LONGEST_SOCKET_FOLDER) return cluster;

  // Not os.tmpdir(): TMPDIR may be long itself, and the next start must find the same socket.
  const folder = `/tmp/portrait-${createHash('sha256').update(cluster).digest('hex').slice(0, 16)}`;
  await mkdir(folder, { mode: 0o700 }).catch(() => {});
  const { uid, mode } = await lstat(folder);
  // Whoever made this folder before us could play the database. In /tmp (sticky) what is ours stays ours.
  const isOurs = uid === process.getuid?.() || uid === account.uid;
  if (!isOurs || (mode & 0o170077) !== 0o040000) {
    throw new Error(
      `${folder} must be a folder that only user ${account.uid} can enter: remove it, or set DATA_DIR to a shorter path.`,
    );
  }
  await lchown(folder, account.uid, account.gid);
  return folder;
}

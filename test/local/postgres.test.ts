import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../local/postgres/postgres.ts';
import {
  createFolder,
  isAlive,
  kill,
  query,
  serverPid,
  start,
  startInChildProcess,
  stopChildProcess,
  temporaryFolder,
  until,
} from '../support/postgres.ts';

const LONG = join(`it's "my" folder, é ${'x'.repeat(100)}`, 'y'.repeat(100));

/** A folder whose database has one row and whose server was stopped; most tests use it, and leave it so. */
let used: string;
beforeAll(async () => {
  used = await createFolder();
  const { url, stop } = await startPostgres(used, () => {});
  await query(url, `create table kept as select 'Ada' as name`);
  await stop();
});
afterAll(() => rm(used, { recursive: true, force: true }));

describe('the first start', () => {
  test('creates an empty database that only the owner of its directory can access', async () => {
    const dataDir = await temporaryFolder();

    const { url } = await start(dataDir);

    expect(await query(url, 'select current_database() as name')).toEqual([{ name: 'portrait' }]);
    expect(await query(url, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
    expect(await modeOf(join(dataDir, 'postgres'))).toBe(0o700);
    expect(await modeOf(join(dataDir, 'postgres.log'))).toBe(0o600);
  });

  test('succeeds after one that was killed halfway', async () => {
    const dataDir = await temporaryFolder();
    const { child } = startInChildProcess(dataDir, { detached: true });
    await until(async () => (await readdir(dataDir)).some((name) => name.includes('.new-')));
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
    await kill(child);

    const { url } = await start(dataDir);

    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.log']);
  });

  test('works in a directory with a long and unusual name, over a socket that no other user can access', async () => {
    const dataDir = join(await temporaryFolder(), LONG);
    const sockets = socketFolderOf(dataDir);
    onTestFinished(() => rm(sockets, { recursive: true }));

    const { url } = await start(dataDir);

    expect(decodeURIComponent(new URL(url).hostname)).toBe(sockets);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await modeOf(sockets)).toBe(0o700);
  });

  test('rejects a socket directory that others can enter', async () => {
    const dataDir = join(await temporaryFolder(), LONG);
    const sockets = socketFolderOf(dataDir);
    await mkdir(sockets, { mode: 0o755 });
    onTestFinished(() => rm(sockets, { recursive: true }));

    await expect(start(dataDir)).rejects.toThrow(`${sockets} must be a directory that only`);
  });
});

describe('the next start', () => {
  test('finds the rows of the previous one', async () => {
    const { url } = await start(used);

    expect(await query(url, 'table kept')).toEqual([{ name: 'Ada' }]);
  });

  test('has Unicode case mapping, code point order and trigrams', async () => {
    const { url } = await start(used);

    await query(url, 'create extension pg_trgm');
    const [row] = await query(
      url,
      `select lower('ÉÇ') as lower, 'É' ilike 'é' as alike, 'Z' < 'a' as sorted, similarity('Éva', 'éva') as trigrams`,
    );

    expect(row).toEqual({ lower: 'éç', alike: true, sorted: true, trigrams: 1 });
  });

  test('attaches to a server that outlived its starter, and stops it', async () => {
    const { child, answer } = startInChildProcess(used);
    await answer;
    const pid = await serverPid(used);
    await kill(child);

    const { url, stop } = await start(used);

    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await serverPid(used)).toBe(pid);
    await stop();
    expect(await isAlive(pid)).toBe(false);
  });

  test('recovers committed rows after the server was killed', async () => {
    const { url } = await start(used);
    await query(url, 'create table late as select 1 as one');
    process.kill(await serverPid(used), 'SIGKILL');

    const again = await start(used);

    expect(await query(again.url, 'table late')).toEqual([{ one: 1 }]);
  });

  test('recovers when the pid of the killed server now belongs to another program', async () => {
    const stopping = new AbortController();
    await startPostgres(used, () => {}, stopping.signal);
    // Its starter would start the server again at once.
    stopping.abort();
    const lock = join(used, 'postgres', 'postmaster.pid');
    const [pid, ...rest] = (await readFile(lock, 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    const { uid, gid } = await stat(lock);
    const bystander = spawn('sleep', ['60'], { uid, gid, cwd: '/' });
    onTestFinished(() => kill(bystander));
    await writeFile(lock, [bystander.pid, ...rest].join('\n'));

    const { url } = await start(used);

    expect(await query(url, 'table kept')).toEqual([{ name: 'Ada' }]);
    expect(await serverPid(used)).not.toBe(bystander.pid);
  });

  test('rejects data of another major version and names the remedy', async () => {
    const version = join(used, 'postgres', 'PG_VERSION');
    await rename(version, `${version}.kept`);
    onTestFinished(() => rename(`${version}.kept`, version));
    await writeFile(version, '17\n');

    await expect(start(used)).rejects.toThrow(/created by PostgreSQL 17.*DATA_DIR.*pg_dump/);
  });

  test('reports the end of the log of a server that does not start', async () => {
    const settings = join(used, 'postgres', 'postgresql.conf');
    const { size } = await stat(settings);
    onTestFinished(() => truncate(settings, size));
    await appendFile(settings, 'nonsense = on\n');

    await expect(start(used)).rejects.toThrow(/DATABASE_URL.*\n.*parameter "nonsense"/);
  });
});

describe('concurrent starts', () => {
  test('share one server from the first moment, and the last to stop ends it', async () => {
    const fresh = await temporaryFolder();

    const [one, two] = [startInChildProcess(fresh), startInChildProcess(fresh)];
    const [{ url }, other] = await Promise.all([one.answer, two.answer]);

    expect(other.url).toBe(url);
    const pid = await serverPid(fresh);
    await stopChildProcess(one.child);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await stopChildProcess(two.child);
    expect(await isAlive(pid)).toBe(false);
  });

  test('leave no process when all stop concurrently', async () => {
    const all = await Promise.all([start(used), start(used), start(used)]);
    const activity = await query(all[0].url, 'select pid from pg_stat_activity');
    const pids = [await serverPid(used), ...activity.map(({ pid }) => Number(pid))];

    await Promise.all(all.map(({ stop }) => stop()));

    expect(pids.length).toBeGreaterThan(5);
    expect(await Promise.all(pids.map(isAlive))).not.toContain(true);
  });

  test('keep their server when one stops whose own was killed before', async () => {
    const { stop } = await start(used);
    process.kill(await serverPid(used), 'SIGKILL');
    const { url } = await start(used);

    await stop();

    expect(await query(url, 'table kept')).toEqual([{ name: 'Ada' }]);
  });

  test('get a server even while another one stops', async () => {
    const { stop } = await start(used);

    const [, { url }] = await Promise.all([stop(), start(used)]);

    expect(await query(url, 'table kept')).toEqual([{ name: 'Ada' }]);
  });
});

describe('a server that is killed while in use', () => {
  /** Waits until a server returns the committed rows, whichever process started it. */
  const answers = (url: string | undefined) =>
    expect
      .poll(() => query(url, 'table kept').catch(() => []), { timeout: 20_000 })
      .toEqual([{ name: 'Ada' }]);

  test('is restarted with all committed rows, each time', async () => {
    const { url } = await start(used);

    for (let round = 0; round < 3; round++) {
      process.kill(await serverPid(used), 'SIGKILL');
      await answers(url);
    }
  });

  test('is restarted when all of its processes are killed together', async () => {
    const { url } = await start(used);
    const activity = await query(url, 'select pid from pg_stat_activity');

    const pids = [...activity.map(({ pid }) => Number(pid)), await serverPid(used)];
    // One of the pids is of the very connection that listed them.
    for (const pid of pids) spawnSync('kill', ['-9', `${pid}`]);

    await answers(url);
  });

  test('is restarted once for all users, and ends with the last of them', async () => {
    const [one, two] = [startInChildProcess(used), startInChildProcess(used)];
    const [{ url }] = await Promise.all([one.answer, two.answer]);

    process.kill(await serverPid(used), 'SIGKILL');
    await answers(url);
    const leases = `select count(*)::int from pg_stat_activity where application_name = 'portrait lease'`;
    await expect
      .poll(() => query(url, leases).catch(() => []), { timeout: 20_000 })
      .toEqual([{ count: 2 }]);

    const pid = await serverPid(used);
    await stopChildProcess(one.child);
    await answers(url);
    await stopChildProcess(two.child);
    expect(await isAlive(pid)).toBe(false);
  });

  test('is not restarted forever if it cannot start, and logs the reason', async () => {
    const said: string[] = [];
    const { stop } = await startPostgres(used, (line) => said.push(line));
    onTestFinished(stop);
    const settings = join(used, 'postgres', 'postgresql.conf');
    const { size } = await stat(settings);
    onTestFinished(() => truncate(settings, size));
    await appendFile(settings, 'nonsense = on\n');

    process.kill(await serverPid(used), 'SIGKILL');

    await expect.poll(() => said.join('\n'), { timeout: 20_000 }).toContain('nonsense');
  });
});

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

/** Where the socket goes when the path of the cluster is too long for one. */
const socketFolderOf = (dataDir: string) =>
  `/tmp/portrait-${createHash('sha256').update(join(dataDir, 'postgres')).digest('hex').slice(0, 16)}`;

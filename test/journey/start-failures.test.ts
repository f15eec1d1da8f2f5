import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../local/postgres/postgres.ts';
import { graphqlClient } from '../support/client.ts';
import { serverPid, temporaryFolder } from '../support/postgres.ts';
import { copyProduct, freePorts, launch, start } from '../support/process.ts';

const main = copyProduct('start-failures');

/** Small and read-only disks are mounted, which only root on Linux may. */
const canMount = await (async () => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const probe = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return probe.status === 0;
})();

/** All that a start says that comes to nothing; it ends with 1. */
async function refusal(env: Record<string, string>) {
  const product = await launch(main, { DATA_DIR: await temporaryFolder(), ...env });
  expect(await product.exit).toBe(1);
  return product.output.stderr;
}

/** A disk of so many MiB, gone after the test. */
async function aDisk(size: number, options = '') {
  const folder = await temporaryFolder();
  const words = ['-t', 'tmpfs', '-o', `size=${size}m,mode=755${options}`, 'tmpfs', folder];
  expect(spawnSync('mount', words).status).toBe(0);
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

describe('DATABASE_URL', () => {
  /** The tests' own server, reached over TCP on a free port of this machine. */
  async function aServer(answer: (socket: Socket) => void) {
    const server = createServer(answer);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' ? `127.0.0.1:${address?.port}` : '';
  }

  /** An error as PostgreSQL sends it at a start. */
  const refuse =
    (code: string, message: string) =>
    (socket: Socket): void => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
        const head = Buffer.alloc(5, 'E');
        head.writeInt32BE(fields.length + 4, 1);
        socket.end(Buffer.concat([head, fields]));
      });
    };

  const say = (place: string, reason: string) =>
    `Cannot use the database portrait at ${place}, as user api (DATABASE_URL): ${reason}.\n`;

  const ask = (place: string, query = '') =>
    refusal({ DATABASE_URL: `postgres://api:very-secret@${place}/portrait${query}` });

  test('reports a refused connection', async () => {
    const place = `127.0.0.1:${await freePorts()}`;

    expect(await ask(place)).toBe(say(place, 'nothing listens there'));
  });

  test('reports an unknown host', async () => {
    const said = await ask('nowhere.invalid:5432');

    expect(said).toMatch(
      /^Cannot use .* at nowhere\.invalid:5432.*DATABASE_URL.*host is unknown.*\n$/,
    );
    expect(said).not.toContain('very-secret');
  });

  test.each([
    ['28P01', 'password authentication failed for user "api"', 'the user or the password is wrong'],
    ['3D000', 'database "portrait" does not exist', 'the database does not exist'],
    ['53300', 'sorry, too many clients already', 'it has no connection left'],
    [
      '28000',
      'no pg_hba.conf entry for host "10.0.0.1", user "api", database "portrait", no encryption',
      'it takes connections over TLS only; add ?sslmode=verify-full',
    ],
  ])("explains PostgreSQL's error %s", async (code, message, reason) => {
    const place = await aServer(refuse(code, message));

    expect(await ask(place)).toBe(say(place, reason));
  });

  test('reports a server without TLS', async () => {
    const place = await aServer((socket) => void socket.once('data', () => socket.write('N')));

    expect(await ask(place, '?sslmode=verify-full')).toBe(
      say(place, 'it does not speak TLS, which sslmode demands'),
    );
  });

  test('reports a server that does not respond', async () => {
    const place = await aServer((socket) => void socket.resume());

    expect(await ask(place)).toBe(say(place, 'it does not answer'));
  });

  test('reports a missing database of a real PostgreSQL', async () => {
    const url = Object.assign(new URL(inject('databaseUrl')), { pathname: '/missing' });

    const said = await refusal({ DATABASE_URL: url.href });

    expect(said).toMatch(
      /^Cannot use the database missing at .*: the database does not exist\.\n$/,
    );
  });
});

describe('DATA_DIR', () => {
  test('reports that a part of the path is a file', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const path = join(file, 'data');

    expect(await refusal({ DATA_DIR: path })).toBe(
      `Cannot write to ${path}: a part of the path is a file. Fix it, or set DATA_DIR to another directory.\n`,
    );
  });

  test.runIf(canMount)('reports a read-only file system', async () => {
    const path = await aDisk(100, ',ro');

    expect(await refusal({ DATA_DIR: path })).toBe(
      `Cannot write to ${path}: the file system is read-only. Fix it, or set DATA_DIR to another directory.\n`,
    );
  });

  test.runIf(canMount)(
    'reports a disk that is too small before creating anything on it',
    async () => {
      const path = await aDisk(40);

      expect(await refusal({ DATA_DIR: path })).toMatch(
        `${path} has 40 MiB free, at least 64 are needed. Free some space, or set DATA_DIR`,
      );
    },
  );

  test.runIf(canMount)('reports too little space left beside the database', async () => {
    const path = await aDisk(68);

    expect(await refusal({ DATA_DIR: path })).toMatch(
      /^\S+uploads has \d+ MiB free, at least 64 are needed\. .* set UPLOAD_DIR to another directory\.\n$/,
    );
  });

  test.runIf(canMount)('reports a full disk when PostgreSQL cannot restart', async () => {
    const path = await aDisk(100);
    const said: string[] = [];
    const { stop } = await startPostgres(path, (line) => said.push(line));
    onTestFinished(stop);
    const pid = await serverPid(path);
    spawnSync('dd', ['if=/dev/zero', `of=${join(path, 'ballast')}`, 'bs=64k']);

    process.kill(pid, 'SIGKILL');

    await expect
      .poll(() => said, { timeout: 20_000 })
      .toContain(
        `Cannot write to ${path}: the disk is full. Fix it, or set DATA_DIR to another directory.`,
      );
  });
});

describe('UPLOAD_DIR', () => {
  test('reports that other users can enter it', async () => {
    const path = await temporaryFolder();
    await chmod(path, 0o755);

    expect(await refusal({ UPLOAD_DIR: path })).toMatch(/must be a directory .*UPLOAD_DIR/);
  });

  test.runIf(canMount)(
    'is down at /readyz when its disk is full, and the log names it',
    async () => {
      const disk = await aDisk(80);
      const path = join(disk, 'uploads');
      await mkdir(path, { mode: 0o700 });
      const product = await start(main, { DATA_DIR: await temporaryFolder(), UPLOAD_DIR: path });
      const ready = async () => {
        const answer = await fetch(`${product.url}/readyz`);
        return {
          status: answer.status,
          disk: ((await answer.json()) as { checks: { disk: string } }).checks.disk,
        };
      };
      expect(await ready()).toEqual({ status: 200, disk: 'ok' });

      await writeFile(join(disk, 'ballast'), Buffer.alloc(70 * 1024 * 1024));

      expect(await ready()).toEqual({ status: 503, disk: 'down' });
      await expect
        .poll(() => product.output.stdout, { timeout: 20_000 })
        .toMatch(/MiB free, at least 64 are needed.*UPLOAD_DIR.*disk is down/);
      expect((await graphqlClient(product).send('{ __typename }')).status).toBe(200);
    },
  );
});

import 'reflect-metadata';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../local/postgres/postgres.ts';
import { openConnectionConfig } from '../../src/database/connection-config.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createCertificate } from '../support/certificate.ts';
import { createFolder, query } from '../support/postgres.ts';
import { startProduct } from '../support/product.ts';
import { openSecretsManager, SECRET_ARN } from '../support/secrets-manager.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const secretOf = (password: string) => JSON.stringify({ username: 'rotating', password });

/** A server of this file's own: its rules of who may enter change. */
let folder: string;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  folder = await createFolder();
  postgres = await startPostgres(folder, () => {});
});
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a password in Secrets Manager', () => {
  let admin: string;
  let databaseUrl: string;
  let manager: Awaited<ReturnType<typeof openSecretsManager>>;
  beforeAll(async () => {
    admin = postgres.url;
    databaseUrl = admin.replace('portrait@', 'rotating@').replace(/portrait$/, 'rotating');
    await query(admin, "create role rotating superuser login password 'first'");
    await query(admin, 'create database rotating');
    await askForPasswords();
  });
  beforeEach(async () => {
    manager = await openSecretsManager(secretOf('first'));
  });

  /** The embedded PostgreSQL trusts every connection to its socket, except for this role. */
  async function askForPasswords() {
    const [{ hba_file: path } = {}] = await query(admin, 'show hba_file');
    const rules = await readFile(String(path), 'utf8');
    await writeFile(String(path), `local all rotating scram-sha-256\n${rules}`);
    await query(admin, 'select pg_reload_conf()');
  }

  async function changePassword(password: string) {
    await query(admin, `alter role rotating password '${password}'`);
    manager.content = secretOf(password);
    // Open connections would stay valid; only new ones use the new password. Waits until they have ended.
    await query(
      admin,
      "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = 'rotating'",
    );
  }

  const listeners = () =>
    query(admin, "select 1 from pg_stat_activity where application_name = 'portrait photo events'");

  test('opens the database, and is read again unnoticed when it changes', async () => {
    const env = { DATABASE_URL: databaseUrl, DATABASE_SECRET: SECRET_ARN };
    const product = await startProduct(env);
    const isReady = async () => (await fetch(`${product.url}/readyz`)).status;
    const before = await isReady();

    await changePassword('second');

    const after = await Promise.all(Array.from({ length: 20 }, isReady));
    await expect.poll(listeners, { timeout: 20_000 }).toHaveLength(1);
    await product.close();
    expect(before).toBe(200);
    expect(new Set(after)).toEqual(new Set([200]));
    // Once at the start, and after the change at most once by each connection: ten of the pool and the listener's.
    expect(manager.requestedIds.length).toBeLessThanOrEqual(12);
    expect(new Set(manager.requestedIds)).toEqual(new Set([SECRET_ARN]));
  });

  test.each([
    [
      'may not be read',
      { status: 400, body: { __type: 'AccessDeniedException', message: 'User is not authorized' } },
      'AccessDeniedException: User is not authorized',
    ],
    ['is no JSON', { body: { SecretString: 'hush' } }, 'It must be JSON with a "password"'],
    ['has none', { body: { SecretString: '{"hush":1}' } }, 'It must be JSON with a "password"'],
  ])(
    'fails the start when the secret %s, naming the reason but no value',
    async (_, refusal, reason) => {
      manager.override = refusal;
      const access = await openConnectionConfig({ databaseUrl, databaseSecret: SECRET_ARN });

      const failure = await openDatabase(access, () => {}).catch((error: Error) => error.message);

      expect(failure).toContain(reason);
      expect(failure).toContain('DATABASE_SECRET');
      expect(failure).not.toContain('hush');
    },
  );
});

describe('TLS', () => {
  const rds = 'postgresql://portrait@one.abc.eu-central-1.rds.amazonaws.com:5432/portrait';

  test('of RDS is verified against the certificate authorities of Amazon and the public ones', async () => {
    const { client } = await openConnectionConfig({ databaseUrl: `${rds}?sslmode=verify-full` });

    const ca = client.ssl instanceof Object ? [client.ssl.ca ?? []].flat() : [];
    expect(ca.length).toBeGreaterThan(200);
    expect(() => createSecureContext({ ca })).not.toThrow();
    expect(client.ssl).not.toMatchObject({ rejectUnauthorized: false });
  });

  test('is required even if the server does not support it', async () => {
    const { hostname, port } = new URL(postgres.url);
    const line = await startTcpProxy({ path: `${decodeURIComponent(hostname)}/.s.PGSQL.${port}` });
    const databaseUrl = `postgresql://portrait@127.0.0.1:${line.port}/portrait`;

    const plain = await openDatabase(await openConnectionConfig({ databaseUrl }), () => {});
    await plain.close(true);
    const secure = openDatabase(
      await openConnectionConfig({ databaseUrl: `${databaseUrl}?sslmode=verify-full` }),
      () => {},
    );

    await expect(secure).rejects.toThrow('it does not speak TLS, which sslmode demands');
    await line.close();
  });

  test('rejects a server with an untrusted certificate', async () => {
    const server = await openTlsServer('localhost');
    const url = `postgresql://portrait@localhost:${server.port}/portrait?sslmode=verify-full`;
    const vouched = `${url}&sslrootcert=${encodeURIComponent(server.certificate)}`;
    const open = async (databaseUrl: string) =>
      openDatabase(await openConnectionConfig({ databaseUrl }), () => {}).catch(
        (error: Error) => error,
      );

    const refusal = await open(url);
    const heardBefore = server.heard();
    await open(vouched);

    expect(refusal).toMatchObject({ message: expect.stringMatching(/certificate is self-signed/) });
    expect(heardBefore).toBe('');
    expect(server.heard()).toContain('portrait');
  });
});

/** Speaks TLS as PostgreSQL does, with a certificate of its own making, and hangs up at the first word. */
async function openTlsServer(host: string) {
  const { key, cert } = createCertificate(host);
  const certificate = join(folder, 'certificate.pem');
  await writeFile(certificate, cert);
  let heard = '';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    // The first message asks for TLS (SSLRequest); S says yes.
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, key, cert });
      secure.on('error', () => {});
      secure.once('data', (message) => {
        heard += message.toString('latin1');
        secure.destroy();
      });
    });
  });
  await once(server.listen(0, host), 'listening');
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, certificate, heard: () => heard };
}

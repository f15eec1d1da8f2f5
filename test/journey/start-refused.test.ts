import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { signUp } from '../support/client.ts';
import { REPOSITORY, temporaryFolder } from '../support/postgres.ts';
import { copyProduct, freePorts, launch, processesOf, start } from '../support/process.ts';

const main = copyProduct('start-refused');

/** What a start says that comes to nothing. */
async function refusal(env: Record<string, string>) {
  const product = await launch(main, env);
  expect(await product.exit).toBe(1);
  return product.output.stderr;
}

describe('a start', () => {
  test.each([
    ['the photos', 1, 'set PORT (photo links are on the port after it) to another port.'],
    ['the API', 0, 'set PORT to another port.'],
  ])(
    'reports in one line that the port for %s is in use, and leaves nothing running',
    async (_, offset, advice) => {
      const dataDir = await temporaryFolder();
      const port = await freePorts();
      const other = createServer();
      onTestFinished(() => void other.close());
      await once(other.listen(port + offset, '127.0.0.1'), 'listening');

      const said = await refusal({ DATA_DIR: dataDir, PORT: `${port}` });

      expect(said).toBe(
        `Port ${port + offset} on 127.0.0.1 is taken. Stop what listens there, or ${advice}\n`,
      );
      expect(await processesOf(dataDir)).toEqual([]);
    },
  );

  test('does not use up the first admin password in a start that fails', async () => {
    const dataDir = await temporaryFolder();
    const other = createServer();
    onTestFinished(() => void other.close());
    await once(other.listen(0, '127.0.0.1'), 'listening');
    await refusal({ DATA_DIR: dataDir, PORT: `${(other.address() as AddressInfo).port}` });

    const first = await start(main, { DATA_DIR: dataDir });

    expect(first.output.stdout).toContain('First admin');
  });

  test('does not share a data directory: a second product is rejected, and the first keeps running', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(main, { DATA_DIR: dataDir });

    const said = await refusal({ DATA_DIR: dataDir });

    expect(said).toBe(
      `Another Portrait is running on the data in ${dataDir}. Stop that one, or set DATA_DIR to another folder.\n`,
    );
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    expect((await signUp(first)).id).toBeTruthy();
  });
});

test('lists all mistakes of the environment together', async () => {
  const said = await refusal({
    PORT: 'many',
    DATABASE_URL: 'mysql://localhost',
    ADMIN_PASSWORD: 'short',
    AUTH_ISSUER: 'https://id.example.org',
  });

  for (const name of ['PORT', 'DATABASE_URL', 'ADMIN_PASSWORD', 'AUTH_ISSUER']) {
    expect(said).toContain(name);
  }
});

test('rejects a setting that only the image function reads before anything runs', async () => {
  const dataDir = await temporaryFolder();

  const said = await refusal({ DATA_DIR: dataDir, BLUR_RADIUS: 'very' });

  expect(said).toContain('BLUR_RADIUS must be a whole number');
  expect(await readdir(dataDir)).toEqual([]);
});

test('does not start in production on embedded parts because a variable is missing', async () => {
  const dataDir = await temporaryFolder();

  const said = await refusal({ NODE_ENV: 'production', DATA_DIR: dataDir, LOG_LEVEL: 'loud' });

  for (const name of [
    'DATABASE_URL',
    'PHOTO_BUCKET',
    'PHOTO_URL',
    'IMAGE_API_URL',
    'JWT_SECRET',
    'LOG_LEVEL',
  ]) {
    expect(said).toContain(name);
  }
  expect(await processesOf(dataDir)).toEqual([]);
});

test('names the required Node version when started on an older one', async () => {
  const older = "Object.defineProperty(process, 'versions', { value: { node: '20.19.0' } })";
  const imports = ['--import', `data:text/javascript,${encodeURIComponent(older)}`];
  const started = promisify(execFile)(process.execPath, [
    ...imports,
    join(REPOSITORY, 'bundle.mjs'),
  ]);

  const words = /^Portrait needs Node 22\.19 or later; this is 20\.19\.0 .*\n.*npm/;
  await expect(started).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(words) });
});

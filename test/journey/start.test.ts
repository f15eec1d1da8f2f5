import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { graphqlClient, type Person, signIn, signUp } from '../support/client.ts';
import { createDatabase } from '../support/database.ts';
import { createFolder, temporaryFolder } from '../support/postgres.ts';
import { copyProduct, freePorts, type Run, start, stopAfterAll } from '../support/process.ts';

const main = copyProduct('start');
const run = promisify(execFile);

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl } }';

/** What the start printed about the first admin. */
function signInOf({ stdout }: { stdout: string }) {
  const [, email = '', password = ''] =
    stdout.match(/First admin.*\n +e-mail +(.*)\n +password +(.*)\n/) ?? [];
  return { email, password };
}

describe('the product', () => {
  let folder: string;
  let env: { DATA_DIR: string; PORT: string };
  let copy: string;
  let first: Run;
  let second: Run;
  let person: Person;
  let photoUrl: string;
  beforeAll(async () => {
    folder = await createFolder();
    copy = join(folder, 'copy');
    env = { DATA_DIR: join(folder, 'data'), PORT: String(await freePorts()) };
    await mkdir(env.DATA_DIR);
    first = await start(main, env, keep);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const keep = stopAfterAll();

  test('prints all URLs, and a first admin who can sign in', async () => {
    const { stdout, stderr } = first.output;
    const addresses = [...stdout.matchAll(/^ {2}(\w+) +(http.*)$/gm)].map(([, ...line]) => line);
    expect(addresses).toEqual([
      ['Playground', `${first.url}/playground`],
      ['GraphQL', `${first.url}/graphql`],
      ['Health', `${first.url}/readyz`],
    ]);
    expect(stderr).toBe('');
    expect(await (await fetch(`${first.url}/readyz`)).json()).toEqual({
      status: 'ok',
      checks: { database: 'ok', bucket: 'ok', imageApi: 'ok', disk: 'ok' },
      erasures: 'ok',
    });
    const token = await signIn(first, signInOf(first.output));
    expect(await graphqlClient(first, token).query('{ me { role } }')).toEqual({
      me: { role: 'ADMIN' },
    });
  });

  test('keeps users, photos and sessions across a restart, and shows the first password only once', async () => {
    person = await signUp(first);
    const file = new Uint8Array(await quarters().png().toBuffer());
    const { data } = await person.upload(UPLOAD, file);
    photoUrl = data.uploadProfilePhoto.avatarUrl;
    first.signal('SIGTERM');
    await first.exit;
    // As docs/operations.md has it done.
    await run('cp', ['-a', env.DATA_DIR, copy]);

    second = await start(main, env, keep);

    expect(second.output.stdout).not.toMatch(/admin|password/i);
    const { password } = signInOf(first.output);
    expect(await signIn(second, { email: 'admin@portrait.local', password })).toBeTruthy();
    await expectAll();
  });

  test('a copy of the data directory restores users, photos and tokens, and nothing created later', async () => {
    const later = await signUp(second);
    second.signal('SIGTERM');
    await second.exit;

    await run('rm', ['-r', env.DATA_DIR]);
    await run('cp', ['-a', copy, env.DATA_DIR]);
    await start(main, env, keep);

    await expectAll();
    expect((await later.send('{ me { id } }')).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  /** The person is signed in still, and the photo there. */
  async function expectAll() {
    expect(await person.query('{ me { id } }')).toEqual({ me: { id: person.id } });
    const picture = await fetch(photoUrl);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/webp']);
  }
});

test('gives the first admin the configured e-mail address and password, and prints no password', async () => {
  const database = await createDatabase();
  onTestFinished(database.drop);
  const account = { email: 'boss@example.org', password: 'chosen by the boss' };

  const product = await start(main, {
    DATA_DIR: await temporaryFolder(),
    DATABASE_URL: database.url,
    ADMIN_EMAIL: account.email,
    ADMIN_PASSWORD: account.password,
  });

  expect(product.output.stdout).toContain(account.email);
  expect(product.output.stdout).not.toContain(account.password);
  expect(await signIn(product, account)).toBeTruthy();
});

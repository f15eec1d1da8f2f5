import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { clientOf, signIn, signUp } from '../support/client.ts';
import { aFolder, makeFolder } from '../support/postgres.ts';
import { copyProduct, freePorts, keptForAll, type Run, start } from '../support/process.ts';
import { createDatabase } from '../support/product.ts';

const main = copyProduct('start');

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl } }';

/** What the start printed about the first admin. */
function signInOf({ stdout }: { stdout: string }) {
  const [, email = '', password = ''] =
    stdout.match(/First admin.*\n +e-mail +(.*)\n +password +(.*)\n/) ?? [];
  return { email, password };
}

describe('the first start', () => {
  let env: { DATA_DIR: string; PORT: string };
  let first: Run;
  beforeAll(async () => {
    env = { DATA_DIR: await makeFolder(), PORT: String(await freePorts()) };
    first = await start(main, env, keep);
  });
  afterAll(() => rm(env.DATA_DIR, { recursive: true, force: true }));
  const keep = keptForAll();

  test('prints where everything is, and a first sign-in that works', async () => {
    const { stdout, stderr } = first.printed;
    const addresses = [...stdout.matchAll(/^ {2}(\w+) +(http.*)$/gm)].map(([, ...line]) => line);
    expect(addresses).toEqual([
      ['Playground', `${first.url}/playground`],
      ['GraphQL', `${first.url}/graphql`],
      ['Health', `${first.url}/readyz`],
    ]);
    expect(stderr).toBe('');
    expect(await (await fetch(`${first.url}/readyz`)).json()).toEqual({
      status: 'ok',
      checks: { database: 'ok', bucket: 'ok', imageApi: 'ok' },
    });
    const token = await signIn(first, signInOf(first.printed));
    expect(await clientOf(first, token).ask('{ me { role } }')).toEqual({ me: { role: 'ADMIN' } });
  });

  test('keeps people, photos and who is signed in over a restart, and shows the first sign-in only once', async () => {
    const person = await signUp(first);
    const file = new Uint8Array(await quarters().png().toBuffer());
    const { data } = await person.upload(UPLOAD, file);
    first.signal('SIGTERM');
    await first.exit;

    const second = await start(main, env);

    expect(second.printed.stdout).not.toMatch(/admin|password/i);
    expect(await person.ask('{ me { id } }')).toEqual({ me: { id: person.id } });
    const { password } = signInOf(first.printed);
    expect(await signIn(second, { email: 'admin@portrait.local', password })).toBeTruthy();
    const picture = await fetch(data.uploadProfilePhoto.avatarUrl);
    expect(picture.headers.get('content-type')).toBe('image/webp');
  });
});

test('gives the first admin the e-mail address and password of the environment, and shows no password', async () => {
  const database = await createDatabase();
  onTestFinished(database.drop);
  const account = { email: 'boss@example.org', password: 'chosen by the boss' };

  const product = await start(main, {
    DATA_DIR: await aFolder(),
    DATABASE_URL: database.url,
    ADMIN_EMAIL: account.email,
    ADMIN_PASSWORD: account.password,
  });

  expect(product.printed.stdout).toContain(account.email);
  expect(product.printed.stdout).not.toContain(account.password);
  expect(await signIn(product, account)).toBeTruthy();
});

import { expect, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { clientOf, signIn, signUp } from '../support/client.ts';
import { aFolder } from '../support/postgres.ts';
import { compile, freePorts, start } from '../support/process.ts';

const main = compile('start');

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl } }';

/** What the start printed about the first admin. */
function signInOf({ stdout }: { stdout: string }) {
  const [, email = '', password = ''] =
    stdout.match(/First admin.*\n +e-mail +(.*)\n +password +(.*)\n/) ?? [];
  return { email, password };
}

test('prints where everything is, and a first sign-in that works', async () => {
  const product = await start(main, { DATA_DIR: await aFolder() });

  const { stdout, stderr } = product.printed;
  const addresses = [...stdout.matchAll(/^ {2}(\w+) +(http.*)$/gm)].map(([, ...line]) => line);
  expect(addresses).toEqual([
    ['Playground', `${product.url}/playground`],
    ['GraphQL', `${product.url}/graphql`],
    ['Health', `${product.url}/readyz`],
  ]);
  expect(stderr).toBe('');
  expect(await (await fetch(`${product.url}/readyz`)).json()).toEqual({
    status: 'ok',
    checks: { database: 'ok', bucket: 'ok', imageApi: 'ok' },
  });
  const token = await signIn(product, signInOf(product.printed));
  expect(await clientOf(product, token).ask('{ me { role } }')).toEqual({ me: { role: 'ADMIN' } });
});

test('keeps people, photos and who is signed in over a restart, and shows the first sign-in only once', async () => {
  const env = { DATA_DIR: await aFolder(), PORT: String(await freePorts()) };
  const first = await start(main, env);
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

test('gives the first admin the e-mail address and password of the environment, and shows no password', async () => {
  const account = { email: 'boss@example.org', password: 'chosen by the boss' };

  const product = await start(main, {
    DATA_DIR: await aFolder(),
    ADMIN_EMAIL: account.email,
    ADMIN_PASSWORD: account.password,
  });

  expect(product.printed.stdout).toContain(account.email);
  expect(product.printed.stdout).not.toContain(account.password);
  expect(await signIn(product, account)).toBeTruthy();
});

import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openClient } from '../../../tools/import-django/client.ts';
import { importUser } from '../../../tools/import-django/import-user.ts';
import { readOptions } from '../../../tools/import-django/options.ts';
import { openSource } from '../../../tools/import-django/source.ts';
import { graphqlClient, signIn, signInAdmin } from '../../support/client.ts';
import { djangoHash, fillMedia, passwordOf, startDjango } from '../../support/django.ts';
import { createLockBarrier } from '../../support/lock-barrier.ts';
import { makePhoto } from '../../support/photos.ts';
import { createFolder } from '../../support/postgres.ts';
import { ADMIN, type Product, startProduct } from '../../support/product.ts';
import { storeObject } from '../../support/stored-objects.ts';
import { startWebServer } from '../../support/web-server.ts';

/** Few variants per photo, to save time. */
const ENV = { LINK_ALLOW_PRIVATE: 'on', THUMB_DIMENSIONS: '50', BLUR: 'false' };

let product: Product;
let django: Awaited<ReturnType<typeof startDjango>>;
let folder: string;
let media: string;
/** The runs that the tests below examine: each changes what the next one finds. */
let runs: Record<'dry' | 'killed' | 'finished' | 'repeated', Observed>;
beforeAll(async () => {
  folder = await createFolder();
  [product, django, media] = await Promise.all([
    startProduct(ENV),
    startDjango(),
    fillMedia(folder),
  ]);
  runs = {
    dry: await observe(() => run('--media', media, '--dry-run')),
    killed: await observe(killHalfway),
    finished: await observe(() => run('--media', media)),
    repeated: await observe(() => run('--media', media)),
  };
}, 120_000);
afterAll(async () => {
  await product.close();
  await django.drop();
  await rm(folder, { recursive: true, force: true });
});

const NODE = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];

/** Starts the command. */
function start(...more: string[]) {
  const words = ['--from', django.url, '--to', product.url, '--profile-table', 'accounts_profile'];
  const columns = ['--column', 'bio=about'];
  return spawn(
    process.execPath,
    [...NODE, 'tools/import-django/run.ts', ...words, ...columns, ...more],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...{ ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password },
        AWS_ACCESS_KEY_ID: product.config.s3Credentials?.accessKeyId,
        AWS_SECRET_ACCESS_KEY: product.config.s3Credentials?.secretAccessKey,
        S3_ENDPOINT: product.config.s3Endpoint,
      },
    },
  );
}

async function run(...more: string[]): Promise<Output> {
  const child = start(...more);
  const [output, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { output, error, code };
}

/** All rows of Portrait. */
const allRows = () =>
  product.sql(`select to_jsonb(users) as row from users union all select to_jsonb(profiles) from profiles
    union all select to_jsonb(photos) from photos order by 1`);

const usernames = async () => {
  const rows = await product.sql<{ username: string }>(
    `select username from users where username <> 'admin' order by username`,
  );
  return rows.map(({ username }) => username);
};

interface Output {
  output: string;
  error: string;
  code: number | null;
}

interface Observed extends Output {
  before: object[];
  after: object[];
  usernames: string[];
}

async function observe(act: () => Promise<Output>): Promise<Observed> {
  const before = await allRows();
  const result = await act();
  return { ...result, before, after: await allRows(), usernames: await usernames() };
}

/** Kills the import while it creates a user, and waits until the server has completed that request. */
async function killHalfway(): Promise<Output> {
  const gate = await createLockBarrier(product, 'blocker');
  const child = start('--media', media, '--at-once', '1');
  await gate.reached();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const left = await usernames();
  await gate.open();
  await vi.waitUntil(async () => (await usernames()).includes('blocker'), { timeout: 20_000 });
  return { output: left.join(), error: '', code: null };
}

test('a dry run prints what it would do, and changes nothing', () => {
  const { output, code, before, after } = runs.dry;

  expect(output).toContain('Dry run, nothing was changed: users: 9 imported');
  expect(output).toContain('image missing');
  expect(code).toBe(1);
  expect(after).toEqual(before);
});

test('keeps imported users when killed, and finishes in the next run', () => {
  expect(runs.killed.output).toBe('anna,corrupt,gps.tagged,imageless');
  expect(runs.finished.output).toContain('users: 2 imported, 5 unchanged, 4 skipped');
  expect(runs.finished.usernames).toEqual([
    'anna',
    'blocker',
    'corrupt',
    'gps.tagged',
    'imageless',
    expect.stringMatching(/^long\.named/),
    'passwordless',
  ]);
  expect(runs.finished.code).toBe(1);
});

test('changes nothing when run again, and reports every skipped user and image', () => {
  const { output, error, code, before, after } = runs.repeated;

  expect(output).toContain(
    'users: 0 imported, 7 unchanged, 4 skipped; images: 0 imported, 3 unchanged, 3 skipped',
  );
  for (const line of [
    '2 mailless: skipped, no e-mail address',
    '4 anna@second: skipped, e-mail address taken',
    '9 mistyped: skipped, e-mail address invalid',
    '10 gone: skipped, inactive',
    '5 imageless: image skipped, image missing',
    '6 corrupt: image skipped, image rejected: PHOTO_UNREADABLE',
    '11 passwordless: image skipped, image missing',
    '      2  image missing',
  ]) {
    expect(output.split('\n')).toContain(line);
  }
  expect({ error, code }).toEqual({ error: '', code: 1 });
  expect(after).toEqual(before);
});

test('imports names, bio, role and the date of joining', async () => {
  const { anna, long } = await (await signInAdmin(product)).query(
    `{ anna: user(username: "anna") { email firstName lastName role createdAt profile { bio } }
       long: users(filter: { search: "xxxxxx" }) { edges { node { firstName } } } }`,
  );

  expect(anna).toEqual({
    ...{ email: 'anna@django.example', firstName: 'Old', lastName: 'Name', role: 'USER' },
    createdAt: '2019-05-04T03:02:01.000Z',
    profile: { bio: 'From Django.' },
  });
  expect(long.edges[0].node.firstName).toBe('x'.repeat(100));
});

test('processes images like all photos: no variant contains the GPS position', async () => {
  const { user } = await (await signInAdmin(product)).query(
    '{ user(username: "gps.tagged") { profile { photo { status variants { url } } } } }',
  );

  expect(user.profile.photo.status).toBe('READY');
  for (const { url } of user.profile.photo.variants) {
    const stored = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(stored.includes('Exif')).toBe(false);
  }
});

test('imports images from a bucket and from URLs, and superusers as admins on request', async () => {
  const photo = await makePhoto();
  await using site = await startWebServer((_, response) => void response.end(photo));
  await storeObject(product, 'old/profiles/boss.jpg', photo);
  await django.add({ username: 'boss', isSuperuser: true, image: 'profiles/boss.jpg' });
  await django.add({ username: 'linked', image: `${site.url}linked.jpg` });

  const bucket = `${product.config.bucket}/old`;
  const { output } = await run('--bucket', bucket, '--superusers-are-admins');

  expect(output).toContain('users: 2 imported, 7 unchanged');
  expect(output).toContain('images: 2 imported, 3 unchanged');
  const { boss, linked } = await (await signInAdmin(product)).query(
    `{ boss: user(username: "boss") { role profile { photo { status } } }
       linked: user(username: "linked") { role profile { photo { status } } } }`,
  );
  expect(boss).toEqual({ role: 'ADMIN', profile: { photo: { status: 'READY' } } });
  expect(linked).toEqual({ role: 'USER', profile: { photo: { status: 'READY' } } });
});

test('gives no user the photo of a namesake from another database', async () => {
  const before = await allRows();
  const source = await openSource(django.url, readOptions(['--from', django.url]).tables);
  const { value: anna } = await source.users().next();
  const options = {
    source: `${source.name}/auth_user`,
    superusersAreAdmins: false,
    isDryRun: false,
  };
  await source.close();
  const client = await openClient(product.url, ADMIN);

  expect(await importUser(anna, client, options)).toMatchObject({ isNew: false });
  expect(await importUser({ ...anna, email: 'other@example.org' }, client, options)).toBe(
    'exists with another e-mail address',
  );
  expect(await allRows()).toEqual(before);
});

test('finds an imported user in every spelling of their address, there and here', async () => {
  const client = await openClient(product.url, ADMIN);
  const options = { source: 'spellings/auth_user', superusersAreAdmins: false, isDryRun: false };
  const zoe = { ...DJANGO_USER, id: '1', username: ' zoë.z ', email: ' Zoë@x.example' };
  const jan = { ...DJANGO_USER, id: '2', username: ' jan.j ', email: ' Jan@Köln.example ' };

  const rejected = await importUser(zoe, client, options);
  const first = await importUser(jan, client, options);
  await product.sql(`update users set email = 'jan@xn--kln-sna.example' where username = 'jan.j'`);
  const second = await importUser(jan, client, options);
  const third = await importUser({ ...jan, email: 'jan@köln.example.' }, client, options);

  expect(rejected).toBe('e-mail address invalid');
  expect(first).toMatchObject({ isNew: true, notes: ['username changed to "jan.j"'] });
  expect(second).toMatchObject({ isNew: false });
  expect(third).toMatchObject({ isNew: false });
  expect(
    await signIn(product, { email: 'jan@köln.example', password: passwordOf('jan') }),
  ).toBeTypeOf('string');
});

const DJANGO_USER = {
  ...{ firstName: '', lastName: '', displayName: '', bio: '', image: '', joined: null },
  ...{ isSuperuser: false, isActive: true, password: djangoHash(passwordOf('jan')) },
};

test('exits with 1 and the reason on a failure, with 2 and the usage on wrong options', async () => {
  const [absent, unknown] = await Promise.all([run('--table', 'users_user'), run('--tables', 'x')]);

  expect(absent).toMatchObject({ code: 1, output: '' });
  expect(absent.error).toMatch(
    /^relation "users_user" does not exist\nUsers imported so far are kept/,
  );
  expect(unknown).toMatchObject({ code: 2, output: '' });
  expect(unknown.error).toMatch(/^Unknown option '--tables'[\s\S]*npm run import -- --from/);
});

describe('a password from Django', () => {
  const anna = { email: 'anna@django.example', password: passwordOf('anna') };
  const hashOf = async (email: string) => {
    const [row] = await product.sql<{ hash: string }>(
      'select password_hash as hash from users where email = $1',
      [email],
    );
    return row?.hash;
  };

  test('is rehashed with argon2id at the first sign-in', async () => {
    expect(await hashOf(anna.email)).toBe(djangoHash(anna.password));

    expect(await signIn(product, anna)).toBeTypeOf('string');

    expect(await hashOf(anna.email)).toMatch(/^\$argon2id\$/);
    expect(await signIn(product, anna)).toBeTypeOf('string');
  });

  test('is rejected if wrong, and not rehashed', async () => {
    const wrong = { email: 'gps.tagged@django.example', password: 'wrong' };
    const before = await hashOf(wrong.email);

    expect(await codeOf(wrong)).toBe('UNAUTHENTICATED');

    expect(await hashOf(wrong.email)).toBe(before);
  });

  test('cannot be used if it was unusable in Django', async () => {
    const email = 'passwordless@django.example';

    expect(await codeOf({ email, password: '!unusable' })).toBe('UNAUTHENTICATED');
    expect(await hashOf(email)).toBeNull();
  });

  test('costs the same time for every address while one is left, so that timing reveals no imported users', async () => {
    const derive = vi.spyOn(crypto, 'pbkdf2');
    syncBuiltinESMExports();
    onTestFinished(() => {
      derive.mockRestore();
      syncBuiltinESMExports();
    });
    const costOf = async (email: string, password = 'wrong') => {
      derive.mockClear();
      expect(await codeOf({ email, password })).toBe('UNAUTHENTICATED');
      return derive.mock.calls.reduce((sum, [, , iterations]) => sum + iterations, 0);
    };

    // Hashes of 3,000 and 1,000 iterations, argon2id, no password, and unknown addresses.
    const names = ['gps.tagged', 'blocker', 'anna', 'passwordless', 'nobody', 'no@body'];
    const costs = [];
    for (const name of names) costs.push(await costOf(`${name}@django.example`));

    expect(costs).toEqual(names.map(() => 3_000));

    // A password that is not in normal form is compared in both forms.
    const twice = [];
    for (const name of names) twice.push(await costOf(`${name}@django.example`, 'e\u0301'));
    expect(twice).toEqual(names.map(() => 6_000));
  });

  const codeOf = async (account: { email: string; password: string }) => {
    const { errors } = await graphqlClient(product).send(
      'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }',
      account,
    );
    return errors[0]?.extensions.code;
  };
});

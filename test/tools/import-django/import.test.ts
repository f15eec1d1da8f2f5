import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openPortrait } from '../../../tools/import-django/client.ts';
import { bring } from '../../../tools/import-django/import-user.ts';
import { readOptions } from '../../../tools/import-django/options.ts';
import { openSource } from '../../../tools/import-django/source.ts';
import { admin, clientOf, signIn } from '../../support/client.ts';
import { djangoHash, fillMedia, passwordOf, startDjango } from '../../support/django.ts';
import { holdUp } from '../../support/hold-up.ts';
import { aPhoto } from '../../support/photos.ts';
import { makeFolder } from '../../support/postgres.ts';
import { ADMIN, type Product, startProduct } from '../../support/product.ts';
import { aSite } from '../../support/site.ts';
import { storeObject } from '../../support/stored.ts';

/** Few pictures of each photo: they are not what is looked at here. */
const ENV = { LINK_ALLOW_PRIVATE: 'on', THUMB_DIMENSIONS: '50', BLUR: 'false' };

let product: Product;
let django: Awaited<ReturnType<typeof startDjango>>;
let folder: string;
let media: string;
beforeAll(async () => {
  folder = await makeFolder();
  [product, django, media] = await Promise.all([
    startProduct(ENV),
    startDjango(),
    fillMedia(folder),
  ]);
});
afterAll(async () => {
  await product.close();
  await django.drop();
  await rm(folder, { recursive: true, force: true });
});

const NODE = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];

/** The command, as somebody types it. */
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

async function run(...more: string[]) {
  const child = start(...more);
  const [said, complaint, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { said, complaint, code };
}

/** All rows there are. */
const everything = () =>
  product.sql(`select to_jsonb(users) as row from users union all select to_jsonb(profiles) from profiles
    union all select to_jsonb(photos) from photos order by 1`);

const usernames = async () => {
  const rows = await product.sql<{ username: string }>(
    `select username from users where username <> 'admin' order by username`,
  );
  return rows.map(({ username }) => username);
};

test('a dry run tells what it would do, and changes nothing', async () => {
  const before = await everything();

  const { said, code } = await run('--media', media, '--dry-run');

  expect(said).toContain('Nothing was changed. It would be: people: 9 imported');
  expect(said).toContain('image missing');
  expect(code).toBe(1);
  expect(await everything()).toEqual(before);
});

test('killed in the middle, what was imported stays, and the next run finishes it', async () => {
  const gate = await holdUp(product, 'blocker');
  const child = start('--media', media, '--at-once', '1');
  await gate.reached();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await usernames()).toEqual(['anna', 'corrupt', 'gps.tagged', 'imageless']);
  await gate.open();
  await expect.poll(usernames).toContain('blocker');

  const { said, code } = await run('--media', media);

  expect(said).toContain('people: 2 imported, 5 there already, 4 left out');
  expect(await usernames()).toEqual([
    'anna',
    'blocker',
    'corrupt',
    'gps.tagged',
    'imageless',
    expect.stringMatching(/^long\.named/),
    'passwordless',
  ]);
  expect(code).toBe(1);
});

test('run again, it changes nothing, and says of everybody and every image what became of them', async () => {
  const before = await everything();

  const { said, complaint, code } = await run('--media', media);

  expect(said).toContain(
    'people: 0 imported, 7 there already, 4 left out; images: 0 imported, 3 there already, 3 left out',
  );
  for (const line of [
    '2 mailless: left out, no e-mail address',
    '4 anna@second: left out, e-mail address taken',
    '9 mistyped: left out, e-mail address not valid',
    '10 gone: left out, not active',
    '5 imageless: image left out, image missing',
    '6 corrupt: image left out, image refused: PHOTO_UNREADABLE',
    '11 passwordless: image left out, image missing',
    '      2  image missing',
  ]) {
    expect(said.split('\n')).toContain(line);
  }
  expect({ complaint, code }).toEqual({ complaint: '', code: 1 });
  expect(await everything()).toEqual(before);
});

test('people come with their names, what they say of themselves, their role as asked for and the day they joined', async () => {
  const { anna, long } = await (await admin(product)).ask(
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

test('an image goes the way of all photos: what it said of a place is in no stored picture', async () => {
  const { user } = await (await admin(product)).ask(
    '{ user(username: "gps.tagged") { profile { photo { status variants { url } } } } }',
  );

  expect(user.profile.photo.status).toBe('READY');
  for (const { url } of user.profile.photo.variants) {
    const stored = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(stored.includes('Exif')).toBe(false);
  }
});

test('images come from a bucket, too, and from wherever a link leads; superusers are admins when that is asked for', async () => {
  const photo = await aPhoto();
  await using site = await aSite((_, response) => void response.end(photo));
  await storeObject(product, 'old/profiles/boss.jpg', photo);
  await django.add({ username: 'boss', isSuperuser: true, image: 'profiles/boss.jpg' });
  await django.add({ username: 'linked', image: `${site.url}linked.jpg` });

  const bucket = `${product.config.bucket}/old`;
  const { said } = await run('--bucket', bucket, '--superusers-are-admins');

  expect(said).toContain('people: 2 imported, 7 there already');
  expect(said).toContain('images: 2 imported, 3 there already');
  const { boss, linked } = await (await admin(product)).ask(
    `{ boss: user(username: "boss") { role profile { photo { status } } }
       linked: user(username: "linked") { role profile { photo { status } } } }`,
  );
  expect(boss).toEqual({ role: 'ADMIN', profile: { photo: { status: 'READY' } } });
  expect(linked).toEqual({ role: 'USER', profile: { photo: { status: 'READY' } } });
});

test('nobody gets the picture of a namesake from another database', async () => {
  const before = await everything();
  const source = await openSource(django.url, readOptions(['--from', django.url]).tables);
  const { value: anna } = await source.people().next();
  const rules = { source: `${source.name}/auth_user`, areAdmins: false, isDryRun: false };
  await source.close();
  const portrait = await openPortrait(product.url, ADMIN);

  expect(await bring(anna, portrait, rules)).toMatchObject({ isNew: false });
  expect(await bring({ ...anna, email: 'other@example.org' }, portrait, rules)).toBe(
    'here with another e-mail address',
  );
  expect(await everything()).toEqual(before);
});

test('somebody is found again whatever the spelling of their address, there and here', async () => {
  const portrait = await openPortrait(product.url, ADMIN);
  const rules = { source: 'spellings/auth_user', areAdmins: false, isDryRun: false };
  const person = { ...NOBODY, id: '1', username: ' zoë.z ', email: ' Zoë@x.example' };
  const jan = { ...NOBODY, id: '2', username: ' jan.j ', email: ' Jan@Köln.example ' };

  const refused = await bring(person, portrait, rules);
  const first = await bring(jan, portrait, rules);
  await product.sql(`update users set email = 'jan@xn--kln-sna.example' where username = 'jan.j'`);
  const second = await bring(jan, portrait, rules);
  const third = await bring({ ...jan, email: 'jan@köln.example.' }, portrait, rules);

  expect(refused).toBe('e-mail address not valid');
  expect(first).toMatchObject({ isNew: true, notes: ['is "jan.j" here'] });
  expect(second).toMatchObject({ isNew: false });
  expect(third).toMatchObject({ isNew: false });
  expect(
    await signIn(product, { email: 'jan@köln.example', password: passwordOf('jan') }),
  ).toBeTypeOf('string');
});

const NOBODY = {
  ...{ firstName: '', lastName: '', displayName: '', bio: '', image: '', joined: null },
  ...{ isSuperuser: false, isActive: true, password: djangoHash(passwordOf('jan')) },
};

test('ends with 1 and the reason when it cannot go on, with 2 and the usage when it is told wrongly', async () => {
  const [absent, unknown] = await Promise.all([run('--table', 'users_user'), run('--tables', 'x')]);

  expect(absent).toMatchObject({ code: 1, said: '' });
  expect(absent.complaint).toMatch(
    /^relation "users_user" does not exist\nWhat was imported stays/,
  );
  expect(unknown).toMatchObject({ code: 2, said: '' });
  expect(unknown.complaint).toMatch(/^Unknown option '--tables'[\s\S]*npm run import -- --from/);
});

describe('the password from Django', () => {
  const anna = { email: 'anna@django.example', password: passwordOf('anna') };
  const hashOf = async (email: string) => {
    const [row] = await product.sql<{ hash: string }>(
      'select password_hash as hash from users where email = $1',
      [email],
    );
    return row?.hash;
  };

  test('signs in once, and is argon2id from then on', async () => {
    expect(await hashOf(anna.email)).toBe(djangoHash(anna.password));

    expect(await signIn(product, anna)).toBeTypeOf('string');

    expect(await hashOf(anna.email)).toMatch(/^\$argon2id\$/);
    expect(await signIn(product, anna)).toBeTypeOf('string');
  });

  test('is refused when it is wrong, and stays as it is', async () => {
    const wrong = { email: 'gps.tagged@django.example', password: 'wrong' };
    const before = await hashOf(wrong.email);

    expect(await codeOf(wrong)).toBe('UNAUTHENTICATED');

    expect(await hashOf(wrong.email)).toBe(before);
  });

  test('that Django could not use signs nobody in', async () => {
    const email = 'passwordless@django.example';

    expect(await codeOf({ email, password: '!unusable' })).toBe('UNAUTHENTICATED');
    expect(await hashOf(email)).toBeNull();
  });

  test('costs every address the same while one is left: no time tells who came from there', async () => {
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

    // With 3,000 iterations, with 1,000, with ours, with none at all, and nobody's.
    const names = ['gps.tagged', 'blocker', 'anna', 'passwordless', 'nobody', 'no@body'];
    const costs = [];
    for (const name of names) costs.push(await costOf(`${name}@django.example`));

    expect(costs).toEqual(names.map(() => 3_000));

    // Typed in a form that is prepared first, the password is tried in both.
    const twice = [];
    for (const name of names) twice.push(await costOf(`${name}@django.example`, 'e\u0301'));
    expect(twice).toEqual(names.map(() => 6_000));
  });

  const codeOf = async (account: { email: string; password: string }) => {
    const { errors } = await clientOf(product).send(
      'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }',
      account,
    );
    return errors[0]?.extensions.code;
  };
});

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DEMO_PASSWORD, fill } from '../../../tools/demo/fill.ts';
import { drawPortrait } from '../../../tools/demo/portrait.ts';
import { DEMO_USERS } from '../../../tools/demo/users.ts';
import { graphqlClient, signIn, signInAdmin, signUp } from '../../support/client.ts';
import { ADMIN, type Product, startProduct } from '../../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const [AMARA, JONAS, MEI, NEXT] = DEMO_USERS;
const some = (...users: (typeof AMARA)[]) => users.flatMap((user) => user ?? []);

async function run(options: Partial<Parameters<typeof fill>[0]> = {}) {
  const lines: string[] = [];
  await fill({ url: product.url, log: (line) => lines.push(line), ...options });
  return lines.join('\n');
}

test('has 24 users, no two of whom look alike', () => {
  const looks = DEMO_USERS.map(({ look }) => JSON.stringify(look));

  expect(DEMO_USERS.length).toBe(24);
  expect(new Set(looks).size).toBe(24);
  expect(new Set(DEMO_USERS.map(({ username }) => username)).size).toBe(24);
});

test('draws PNGs of 480 x 600 pixels', () => {
  const png = drawPortrait(DEMO_USERS[0]?.look ?? fail());

  expect(png.toString('latin1', 1, 4)).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([480, 600]);
});

function fail(): never {
  throw new Error('There are no demo users.');
}

test('creates users with their portraits, and prints how to sign in', async () => {
  const output = await run({ users: some(AMARA) });

  expect(output).toContain('1/1  Amara Okafor: created with photo');
  expect(output).toContain(`amara.okafor@demo.example.org, password "${DEMO_PASSWORD}"`);
  const { user } = await (await signInAdmin(product)).query(
    '{ user(username: "amara.okafor") { profile { bio photo { status alt crop { strategy } } } } }',
  );
  expect(user.profile).toEqual({
    bio: AMARA?.bio,
    photo: {
      status: 'READY',
      alt: 'Drawing of Amara Okafor, with curly hair',
      crop: { strategy: 'RECTANGLE' },
    },
  });
});

test('changes no existing user when run again, and continues where it stopped', async () => {
  const account = { email: 'jonas.lindqvist@demo.example.org', password: DEMO_PASSWORD };
  const photo = async () => {
    const jonas = graphqlClient(product, await signIn(product, account));
    return (await jonas.query('{ me { profile { photo { id } } } }')).me.profile.photo.id;
  };
  await run({ users: some(JONAS) });
  const before = await photo();

  const output = await run({ users: some(JONAS, NEXT) });

  expect(output).toContain('1/2  Jonas Lindqvist: already exists');
  expect(output).toMatch(/2\/2 {2}.*: created with photo/);
  expect(await photo()).toBe(before);
});

test('skips a username of another user', async () => {
  await signUp(product, { username: 'mei.tanaka' });

  expect(await run({ users: some(MEI) })).toContain(
    'skipped, the username belongs to another user',
  );
});

describe('with closed sign-up', () => {
  test('asks for the credentials of an admin, and works with them', async () => {
    const closed = await startProduct({ SIGN_UP: 'closed' });
    onTestFinished(() => closed.close());
    const options = { url: closed.url, users: some(AMARA) };

    await expect(run(options)).rejects.toThrow(/Set ADMIN_EMAIL and ADMIN_PASSWORD/);
    expect(await run({ ...options, admin: ADMIN })).toContain('created with photo');
  });
});

test('reports an unreachable server', async () => {
  await expect(run({ url: 'http://127.0.0.1:1' })).rejects.toThrow(
    'http://127.0.0.1:1 does not respond',
  );
});

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DEMO_PASSWORD, fill } from '../../../tools/demo/fill.ts';
import { drawPortrait } from '../../../tools/demo/portrait.ts';
import { PEOPLE } from '../../../tools/demo/users.ts';
import { admin, clientOf, signIn, signUp } from '../../support/client.ts';
import { ADMIN, type Product, startProduct } from '../../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const [AMARA, JONAS, MEI] = PEOPLE;
const some = (...people: (typeof AMARA)[]) => people.flatMap((person) => person ?? []);

async function run(options: Partial<Parameters<typeof fill>[0]> = {}) {
  const lines: string[] = [];
  await fill({ url: product.url, say: (line) => lines.push(line), ...options });
  return lines.join('\n');
}

test('two dozen people, no two of whom look alike', () => {
  const drawn = PEOPLE.map(({ look }) => JSON.stringify(look));

  expect(PEOPLE.length).toBe(24);
  expect(new Set(drawn).size).toBe(24);
  expect(new Set(PEOPLE.map(({ username }) => username)).size).toBe(24);
});

test('a drawing is a PNG that tells its size', () => {
  const png = drawPortrait(PEOPLE[0]?.look ?? fail());

  expect(png.toString('latin1', 1, 4)).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([480, 600]);
});

function fail(): never {
  throw new Error('There is nobody.');
}

test('makes people with their portraits, and says how to be one of them', async () => {
  const said = await run({ people: some(AMARA) });

  expect(said).toContain('1/1  Amara Okafor: made and drawn');
  expect(said).toContain(`amara.okafor@demo.example.org, password "${DEMO_PASSWORD}"`);
  const { user } = await (await admin(product)).ask(
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

test('run again, it leaves whoever is there as they are, and goes on where it was stopped', async () => {
  const account = { email: 'amara.okafor@demo.example.org', password: DEMO_PASSWORD };
  const photo = async () => {
    const amara = clientOf(product, await signIn(product, account));
    return (await amara.ask('{ me { profile { photo { id } } } }')).me.profile.photo.id;
  };
  await run({ people: some(AMARA) });
  const before = await photo();

  const said = await run({ people: some(AMARA, JONAS) });

  expect(said).toContain('1/2  Amara Okafor: there already');
  expect(said).toContain('2/2  Jonas Lindqvist: made and drawn');
  expect(await photo()).toBe(before);
});

test('leaves alone somebody else who has one of the names', async () => {
  await signUp(product, { username: 'mei.tanaka' });

  expect(await run({ people: some(MEI) })).toContain('somebody else has this name, left alone');
});

describe('where admins make the accounts', () => {
  test('it says so, and is let in with the account of one', async () => {
    const closed = await startProduct({ SIGN_UP: 'closed' });
    onTestFinished(() => closed.close());
    const place = { url: closed.url, people: some(AMARA) };

    await expect(run(place)).rejects.toThrow(/Set ADMIN_EMAIL and ADMIN_PASSWORD/);
    expect(await run({ ...place, admin: ADMIN })).toContain('made and drawn');
  });
});

test('says where nothing answers', async () => {
  await expect(run({ url: 'http://127.0.0.1:1' })).rejects.toThrow(
    'Nothing answers at http://127.0.0.1:1',
  );
});

import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50,100' });
  person = await signUp(product, { username: 'zoe', firstName: 'Grace', lastName: 'Hopper' });
});
afterAll(() => product.close());

const AVATAR =
  'mutation ($id: ID!, $name: String) { updateProfile(id: $id, input: { displayName: $name }) { avatarUrl } }';

/** The avatar's drawing, taken out of its data: URL as a browser does. */
async function drawingOf(name: string): Promise<string> {
  const { updateProfile } = await person.query(AVATAR, { id: person.profileId, name });
  const answer = await fetch(updateProfile.avatarUrl);
  expect(answer.headers.get('content-type')).toBe('image/svg+xml');
  return answer.text();
}

const lettersIn = (svg: string) => /<text[^>]*>([^<]*)<\/text>/.exec(svg)?.[1];

test.each([
  ['Ada Lovelace', 'AL'],
  ['  ada   king  lovelace ', 'AL'],
  ['cher', 'C'],
  ['王 小明', '王小'],
  ['👩‍👩‍👧 Family', '👩‍👩‍👧F'],
  ['🇫🇷 🇩🇪', '🇫🇷🇩🇪'],
  ['e\u0301mile zola', 'E\u0301Z'],
  ['नि शा', 'निशा'],
  ['\u0001Bell \u0007Ringer', 'BR'],
  ['', 'GH'],
  [' \u0002 ', 'GH'],
])('of %j are %s', async (name, letters) => {
  expect(lettersIn(await drawingOf(name))).toBe(letters);
});

test.each([
  ['<script>alert(1)</script>', '&#60;'],
  ['& Sons', '&#38;S'],
  ['> <', '&#62;&#60;'],
])('of %s are letters, not markup', async (name, letters) => {
  expect(lettersIn(await drawingOf(name))).toBe(letters);
});

/** The image function, loaded by other files of this process, shuts it. */
const SVG_DECODER = { operation: ['VipsForeignLoadSvg'] };

test.each(['Ada Lovelace', '<x> &y', '👩‍👩‍👧 Family', '\u0001Bell', ']]> "\''])(
  'of %j are a square drawing that opens',
  async (name) => {
    const drawing = Buffer.from(await drawingOf(name));

    sharp.unblock(SVG_DECODER);
    const { format, width, height } = await sharp(drawing).metadata();
    sharp.block(SVG_DECODER);

    expect({ format, width, height }).toEqual({ format: 'svg', width: 100, height: 100 });
  },
);

test('keep their color whatever the name, and differ between users', async () => {
  const colourOf = (svg: string) => /fill="(hsl[^"]*)"/.exec(svg)?.[1];
  const before = colourOf(await drawingOf('Ada'));

  expect(colourOf(await drawingOf('Grace'))).toBe(before);
  const others = await Promise.all([1, 2, 3].map(() => signUp(product)));
  const answers = others.map(({ query }) => query('{ me { profile { avatarUrl } } }'));
  const urls = (await Promise.all(answers)).map(({ me }) => me.profile.avatarUrl as string);
  const colours = urls.map((url) => colourOf(decodeURIComponent(url)));
  expect(new Set([before, ...colours]).size).toBeGreaterThan(1);
});

test('are replaced by the photo, and return when it is deleted', async () => {
  const UPLOAD =
    'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl(size: 50) } }';
  const { data } = await person.upload(UPLOAD, await makePhoto());
  expect((await fetch(data.uploadProfilePhoto.avatarUrl)).headers.get('content-type')).toBe(
    'image/webp',
  );

  const { deleteProfilePhoto } = await person.query(
    'mutation { deleteProfilePhoto { avatarUrl } }',
  );

  expect(deleteProfilePhoto.avatarUrl).toMatch(/^data:image\/svg\+xml,/);
});

import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';

const PHOTO = `photo {
  id status width height dominantColor placeholder readyAt createdAt failure { code }
  variants { name width height format bytes blurred url }
  master: url  none: url(format: AVIF, size: 50)  noMaster: url(format: AVIF)
  blurred: url(size: 64, blurred: true)
  small: url(size: 1)  exact: url(size: 64)  above: url(size: 65)  beyond: url(size: 5000)
  jpeg: url(size: 100, format: JPEG)
  srcSet  jpegSet: srcSet(format: JPEG)  noSet: srcSet(format: AVIF)
}`;

/** One stored picture, as the API tells it. */
interface Variant {
  name: string;
  width: number;
  height: number;
  format: string;
  bytes: number;
  blurred: boolean;
  url: string;
}

let product: Product;
let person: Person;
// biome-ignore lint/suspicious/noExplicitAny: as the client answers
let profile: any;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '128,64,256', FORMATS: 'webp,jpeg' });
  person = await signUp(product);
  const { data } = await person.upload(
    `mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) {
      ${PHOTO}
      fitting: avatarUrl(size: 64)  usual: avatarUrl  odd: avatarUrl(size: 64, format: AVIF)
    } }`,
    await makePhoto(600, 400),
  );
  profile = data.uploadProfilePhoto;
});
afterAll(() => product.close());

const variants = (): Variant[] => profile.photo.variants;
const find = (wanted: Partial<Variant>) => {
  const entries = Object.entries({ blurred: false, ...wanted });
  return variants().find((one) => entries.every(([name, value]) => one[name as 'url'] === value));
};
const squareUrl = (width: number, format = 'WEBP') => find({ width, height: width, format })?.url;

describe('every variant', () => {
  test('exists in each size and format, and the master once', () => {
    const sharpOnes = variants().filter(({ blurred }) => !blurred);

    expect(sharpOnes.map(({ name, format }) => `${name} ${format}`).sort()).toEqual([
      '128 JPEG',
      '128 WEBP',
      '256 JPEG',
      '256 WEBP',
      '64 JPEG',
      '64 WEBP',
      'master JPEG',
    ]);
  });

  test('opens as an image of the stated size, format and length', async () => {
    for (const { url, bytes, ...said } of variants()) {
      const answer = await fetch(url);
      const picture = Buffer.from(await answer.arrayBuffer());
      const { format, width, height } = await sharp(picture).metadata();

      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe(`image/${said.format.toLowerCase()}`);
      expect({ format: format?.toUpperCase(), width, height, bytes: picture.length }).toEqual({
        format: said.format,
        width: said.width,
        height: said.height,
        bytes,
      });
    }
  });

  test('is cacheable forever, and never executes or is sniffed as another type', async () => {
    for (const { url } of variants()) {
      const { headers } = await fetch(url, { method: 'HEAD' });

      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
      });
    }
  });

  test('has a key with the id of its photo', () => {
    const folder = `${product.config.photoUrl}/image/${profile.photo.id}/`;

    expect(variants().filter(({ url }) => !url.startsWith(folder))).toEqual([]);
  });
});

describe('url', () => {
  test('gives the smallest square that is large enough, else the largest', () => {
    const { small, exact, above, beyond, jpeg } = profile.photo;

    expect({ small, exact, above, beyond, jpeg }).toEqual({
      small: squareUrl(64),
      exact: squareUrl(64),
      above: squareUrl(128),
      beyond: squareUrl(256),
      jpeg: squareUrl(128, 'JPEG'),
    });
  });

  test('gives the master without a size', () => {
    expect(profile.photo.master).toBe(find({ name: 'master' })?.url);
  });

  test('gives the blurred variant on request', () => {
    expect(profile.photo.blurred).toBe(find({ width: 64, format: 'WEBP', blurred: true })?.url);
    expect(profile.photo.blurred).toMatch(/^http/);
  });

  test('gives null for a format that is not produced', () => {
    expect(profile.photo).toMatchObject({ none: null, noMaster: null, noSet: null });
  });
});

test('srcSet names every square of the format with its width, smallest first', () => {
  const set = (format: string) =>
    [64, 128, 256].map((side) => `${squareUrl(side, format)} ${side}w`).join(', ');

  expect(profile.photo.srcSet).toBe(set('WEBP'));
  expect(profile.photo.jpegSet).toBe(set('JPEG'));
});

test('avatarUrl is the photo, in another format if necessary', () => {
  expect(profile).toMatchObject({
    fitting: squareUrl(64),
    usual: squareUrl(128),
    odd: squareUrl(64),
  });
});

test('a photo has everything that a page needs before loading it', () => {
  expect(profile.photo).toMatchObject({
    status: 'READY',
    failure: null,
    dominantColor: expect.stringMatching(/^#[0-9a-f]{6}$/),
    placeholder: expect.stringMatching(/^data:image\/thumbhash;base64,[\w+/]+=*$/),
  });
  const { createdAt, readyAt } = profile.photo;
  expect(Date.parse(readyAt)).toBeGreaterThanOrEqual(Date.parse(createdAt));
});

test('every signed-in user sees the photo, and only its owner the upload', async () => {
  const other = await signUp(product);

  const answer = await other.query(
    `query ($id: ID!) { profile(id: $id) { ${PHOTO} latestUpload { id } } }`,
    { id: person.profileId },
  );

  expect(answer.profile).toEqual({ photo: profile.photo, latestUpload: null });
});

test.each([
  'http://127.0.0.1:80/photo.jpg',
  'http://localhost/photo.jpg',
  'http://[::1]/photo.jpg',
  'http://169.254.169.254/latest/meta-data/',
  'http://10.0.0.1/photo.jpg',
  'https://example.org:8443/photo.jpg',
  'file:///etc/passwd',
  'no link at all',
])('the link %s is rejected without a request, and leaves no row', async (url) => {
  const stranger = await signUp(product);

  const { status, errors } = await stranger.send(
    'mutation ($url: String!) { uploadProfilePhoto(photo: { url: $url }) { id } }',
    { url },
  );

  expect(status).toBe(400);
  expect(errors[0]?.extensions).toEqual({ code: 'PHOTO_SOURCE_REFUSED', retryable: false });
  const { me } = await stranger.query('{ me { profile { latestUpload { id } } } }');
  expect(me.profile.latestUpload).toBeNull();
});

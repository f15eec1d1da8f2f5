import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { colorsOf } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { startWebServer } from '../support/web-server.ts';

const COLORS = ['red', 'green', 'blue', 'grey'];

const FACTS = 'photo { id status alt width height url }';
const UPLOAD = `mutation ($photo: PhotoInput!, $alt: String) {
  uploadProfilePhoto(photo: $photo, alt: $alt) { ${FACTS} }
}`;
const UPLOAD_FILE = `mutation ($file: Upload!, $alt: String) {
  uploadProfilePhoto(photo: { file: $file }, alt: $alt) { ${FACTS} }
}`;

let product: Product;
let person: Person;
let photo: Uint8Array<ArrayBuffer>;
let base64: string;
beforeAll(async () => {
  product = await startProduct({ LINK_ALLOW_PRIVATE: 'on' });
  person = await signUp(product);
  photo = await makePhoto();
  base64 = Buffer.from(photo).toString('base64');
});
afterAll(() => product.close());

/** What the master's link shows. */
const shown = async (url: string) =>
  colorsOf(new Uint8Array(await (await fetch(url)).arrayBuffer()));

describe('a photo arrives', () => {
  test('as a file', async () => {
    const { data, status } = await person.upload(UPLOAD_FILE, photo, { alt: 'four colours' });

    expect(status).toBe(200);
    const answer = data.uploadProfilePhoto.photo;
    expect(answer).toMatchObject({ status: 'READY', alt: 'four colours', width: 300, height: 200 });
    expect(await shown(answer.url)).toEqual(COLORS);
  });

  test.each([
    ['plain base64', () => base64],
    ['base64 with line breaks', () => base64.replace(/.{76}/g, '$&\r\n')],
    ['base64 without padding', () => base64.replace(/=+$/, '')],
    ['base64 for URLs', () => Buffer.from(photo).toString('base64url')],
    ['a data: URL', () => `data:image/jpeg;base64,${base64}`],
    ['a data: URL of another type', () => `data:application/octet-stream;x=y;BASE64,${base64}`],
  ])('as %s', async (_, write) => {
    const answer = await person.query(UPLOAD, { photo: { base64: write() }, alt: 'in text' });

    const { url, ...facts } = answer.uploadProfilePhoto.photo;
    expect(facts).toMatchObject({ status: 'READY', alt: 'in text', width: 300, height: 200 });
    expect(await shown(url)).toEqual(COLORS);
  });

  test('as a link', async () => {
    await using site = await startWebServer((_, response) => response.end(photo));

    const answer = await person.query(UPLOAD, { photo: { url: site.url } });

    const { url, ...facts } = answer.uploadProfilePhoto.photo;
    expect(facts).toMatchObject({ status: 'READY', alt: '', width: 300, height: 200 });
    expect(await shown(url)).toEqual(COLORS);
  });

  test('with null for every omitted argument', async () => {
    const answer = await person.query(
      `mutation ($base64: String!) {
        uploadProfilePhoto(
          profileId: null
          photo: { base64: $base64, file: null, url: null }
          crop: { strategy: null, rectangle: null, focalPoint: null }
          alt: null
        ) { ${FACTS} }
      }`,
      { base64 },
    );

    expect(answer.uploadProfilePhoto.photo).toMatchObject({ status: 'READY', alt: '' });
  });
});

describe('an invalid upload', () => {
  const TWO = `mutation ($file: Upload!, $url: String) {
    uploadProfilePhoto(photo: { file: $file, url: $url }) { id }
  }`;
  const one = 'Send exactly one of `file`, `base64` and `url`.';

  test.each([
    ['none of the three', () => ({}), 'photo', one],
    ['nulls alone', () => ({ file: null, base64: null, url: null }), 'photo', one],
    ['two of the three', () => ({ base64, url: 'https://example.org' }), 'photo', one],
    ['empty base64', () => ({ base64: '' }), 'photo.base64', /base64/],
    ['an empty data: URL', () => ({ base64: 'data:image/png;base64,' }), 'photo.base64', /base64/],
    ['a data: URL that is no base64', () => ({ base64: 'data:,hello' }), 'photo.base64', /base64/],
    ['words', () => ({ base64: 'This is, of course, no photo!' }), 'photo.base64', /base64/],
    ['one wrong sign', () => ({ base64: `${base64.slice(0, 99)}*` }), 'photo.base64', /base64/],
    ['one sign too many', () => ({ base64: 'AAAAA' }), 'photo.base64', /base64/],
    ['padding in the middle', () => ({ base64: 'AA==AAAA' }), 'photo.base64', /base64/],
  ] as const)('rejects %s with the path of the mistake', async (...[, input, path, message]) => {
    const { status, errors } = await person.send(UPLOAD, { photo: input() });

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      retryable: false,
      fields: [{ path, message: expect.stringMatching(message) }],
    });
  });

  test('rejects a file together with a link, and serves the next request on the same connection', async () => {
    const { status, errors } = await person.upload(TWO, photo, {
      url: 'https://example.org/a.jpg',
    });

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'photo' }],
    });
    expect((await person.upload(UPLOAD_FILE, photo)).status).toBe(200);
  });

  test('parses long padding in linear time', async () => {
    // A regular expression with quadratic backtracking takes hours for it.
    const { errors } = await person.send(UPLOAD, {
      photo: { base64: `AAAA${'='.repeat(2_000_000)}A` },
    });

    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('rejects an alternative text of more than 500 characters', async () => {
    const { status, errors } = await person.send(UPLOAD, {
      photo: { base64 },
      alt: 'a'.repeat(501),
    });

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'alt' }],
    });
  });

  test('rejects an alternative text that PostgreSQL cannot store', async () => {
    const { status, errors } = await person.send(UPLOAD, { photo: { base64 }, alt: 'a\u0000b' });

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'alt' }],
    });
  });

  test('rejects text in place of a file', async () => {
    const { status, errors } = await person.send(UPLOAD, { photo: { file: 'photo.jpg' } });

    expect(status).toBe(400);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('leaves no trace of invalid uploads', async () => {
    const stranger = await signUp(product);

    await stranger.send(UPLOAD, { photo: { base64: 'no photo!' } });

    const { me } = await stranger.query('{ me { profile { latestUpload { id } } } }');
    expect(me.profile.latestUpload).toBeNull();
  });
});

describe('a link', () => {
  test.each([
    ['nobody listens', 'http://127.0.0.1:1/'],
    ['no such host', 'http://no-such-host.invalid/'],
  ])('that does not resolve (%s) is unreachable and retryable', async (_, url) => {
    const { status, errors } = await person.send(UPLOAD, { photo: { url } });

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({
      code: url.includes('invalid') ? 'PHOTO_SOURCE_REFUSED' : 'PHOTO_SOURCE_UNREACHABLE',
    });
  });

  test('whose download is interrupted is unreachable', async () => {
    await using site = await startWebServer((_, response) => {
      response.writeHead(200, { 'content-length': photo.length });
      response.write(photo.subarray(0, 500), () => response.destroy());
    });

    const { status, errors } = await person.send(UPLOAD, { photo: { url: site.url } });

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'PHOTO_SOURCE_UNREACHABLE',
      retryable: true,
    });
  });

  test('to a page is rejected as not a photo', async () => {
    await using site = await startWebServer((_, response) =>
      response.end('<!doctype html><h1>Hello'),
    );

    const { status, errors } = await person.send(UPLOAD, { photo: { url: site.url } });

    expect(status).toBe(400);
    expect(errors[0]?.extensions.code).toBe('PHOTO_TYPE_UNSUPPORTED');
    expect(errors[0]?.message).toContain('a web page');
  });
});

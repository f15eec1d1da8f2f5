import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto, makePhotoOfBytes } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import {
  multipart,
  openStreamedRequest,
  type Part,
  PREFLIGHT,
  sendBody,
  uploadParts,
} from '../support/streamed-request.ts';
import { isolateTemporaryUploads } from '../support/temporary-uploads.ts';

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }) { photo { status } }
}`;

let product: Product;
let person: Person;
let spool: Awaited<ReturnType<typeof isolateTemporaryUploads>>;
let photo: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  spool = await isolateTemporaryUploads();
  product = await startProduct({ THUMB_DIMENSIONS: '50' });
  person = await signUp(product);
  photo = await makePhoto();
});
afterAll(async () => {
  await product.close();
  await spool.close();
});

const headers = () => ({ ...PREFLIGHT, authorization: `Bearer ${person.token}` });

async function expectAllWell() {
  await expect.poll(spool.files).toEqual([]);
  const { status, data } = await person.upload(UPLOAD, photo);
  expect(status).toBe(200);
  expect(data.uploadProfilePhoto.photo.status).toBe('READY');
}

const [operations, map] = uploadParts(UPLOAD, '');
const file = (name = '0'): Part => ({ name, filename: `${name}.jpg`, content: photo });
const mapped = (content: string): Part => ({ name: 'map', content });

describe('a multipart body', () => {
  test('written by hand is accepted like any other', async () => {
    const { status, errors } = await sendBody(
      product,
      multipart([operations, map, file()]),
      headers(),
    );

    expect(errors).toEqual([]);
    expect(status).toBe(200);
  });

  test.each<[string, () => Part[]]>([
    ['nothing', () => []],
    ['no operations', () => [map, file()]],
    ['no map', () => [operations, file()]],
    ['no map and no file', () => [operations]],
    ['the map before the operations', () => [map, operations, file()]],
    ['the file before the map', () => [operations, file(), map]],
    ['operations that are no JSON', () => [{ name: 'operations', content: '{' }, map, file()]],
    ['operations that are null', () => [{ name: 'operations', content: 'null' }, map, file()]],
    ['a map that is no JSON', () => [operations, mapped('{'), file()]],
    ['a map that is a list', () => [operations, mapped('[]'), file()]],
    ['a map of no paths', () => [operations, mapped('{"0":"variables.file"}'), file()]],
    ['a file that is announced and missing', () => [operations, map]],
    ['a file under another name', () => [operations, map, file('1')]],
    [
      'two files',
      () => [operations, mapped('{"0":["variables.file"],"1":["variables.b"]}'), file(), file('1')],
    ],
    [
      'operations of more than a megabyte',
      () => [{ name: 'operations', content: `{"query":"${' '.repeat(1_000_001)}"}` }, map, file()],
    ],
    ['a path that leads into a value', () => [operations, mapped('{"0":["query.file"]}'), file()]],
    [
      'a path that leads to the prototype of everything',
      () => [operations, mapped('{"0":["__proto__.polluted"]}'), file()],
    ],
  ])('with %s is rejected with the reason', async (_, parts) => {
    const { status, errors, data } = await sendBody(product, multipart(parts()), headers());

    expect(status).toBe(400);
    expect(data ?? null).toBeNull();
    expect(errors[0]).toMatchObject({
      message: expect.any(String),
      extensions: { code: 'BAD_USER_INPUT', retryable: false },
    });
    expect('polluted' in {}).toBe(false);
    await expect.poll(spool.files).toEqual([]);
  });

  test.each([
    ['in the operations', () => multipart([operations], { ends: false }).subarray(0, -20)],
    ['after the map', () => multipart([operations, map], { ends: false })],
    ['in the file', () => multipart([operations, map, file()], { ends: false }).subarray(0, -500)],
    ['before its end', () => multipart([operations, map, file()], { ends: false })],
    ['at once', () => new Uint8Array()],
    ['after words without sense', () => new Uint8Array(Buffer.from('Dear Sir or Madam'))],
  ])('that is truncated %s is rejected as incomplete', async (_, body) => {
    const { status, errors } = await sendBody(product, body(), headers());

    expect(status).toBe(400);
    expect(errors[0]?.extensions.code).toMatch(/BAD_USER_INPUT|PHOTO_UNREADABLE/);
    await expectAllWell();
  });

  test.each([
    ...['file', 'promise', 'resolve', 'reject'].flatMap((name) => [name, `${name}.${name}`]),
    'file.capacitor',
  ])('whose map points into the file itself (%s) does not crash the process', async (name) => {
    const paths = ['capacitor', name].map((path) => `variables.file.${path}`);
    const intoIt = mapped(JSON.stringify({ 0: ['variables.file', ...paths] }));

    for (const files of [[], [file()]]) {
      const body = multipart([operations, intoIt, ...files]);
      const { status } = await sendBody(product, body, headers());
      expect([200, 400]).toContain(status);
    }
    await expectAllWell();
  });

  test.each([
    ['a path of 400,000 segments', { 0: ['variables.file', `variables${'.a'.repeat(400_000)}`] }],
    ['a path of 3,000 segments', { 0: ['variables.file', `variables${'.a'.repeat(3_000)}`] }],
    [
      'a segment of 500,000 characters',
      { 0: ['variables.file', `variables.${'a'.repeat(500_000)}`] },
    ],
    ['an index of four billion', { 0: ['variables.file', 'variables.list.4294967294'] }],
    [
      '50,000 paths',
      { 0: ['variables.file', ...Array.from({ length: 50_000 }, (_, at) => `variables.a${at}`)] },
    ],
    ['50,000 times the same path', { 0: Array(50_000).fill('variables.file') }],
    ['50,000 files', Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`${at}`, []]))],
    ['a key of 500,000 characters', { ['a'.repeat(500_000)]: 'variables.file' }],
  ])('whose map has %s is rejected with a short message', async (_, paths) => {
    const body = multipart([operations, mapped(JSON.stringify(paths)), file()]);

    const { status, errors } = await sendBody(product, body, headers());

    expect(status).toBe(400);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors[0]?.message.length).toBeLessThan(500);
    await expectAllWell();
  });

  test('whose map puts the file into an item of a list is accepted', async () => {
    const query = '{ __typename }';
    const parts = uploadParts(query, photo);
    const inList = mapped('{"0":["variables.file","variables.inputs.0.photo.file"]}');

    const { status } = await sendBody(product, multipart([parts[0], inList, file()]), headers());

    expect(status).toBe(200);
  });

  test.each([
    ['are', '['.repeat(499_000) + ']'.repeat(499_000)],
    [
      'contain variables of',
      `{"query":"{ __typename }","variables":{"x":${'['.repeat(499_000)}${']'.repeat(499_000)}}}`,
    ],
  ])('whose operations %s a million brackets does not crash the process', async (_, content) => {
    const body = multipart([{ name: 'operations', content }, map, file()]);

    const { status } = await sendBody(product, body, headers());

    expect([200, 400]).toContain(status);
    await expectAllWell();
  });

  test('without a boundary is rejected', async () => {
    const { status, errors } = await sendBody(product, multipart([operations, map, file()]), {
      ...headers(),
      'content-type': 'multipart/form-data',
    });

    expect(status).toBe(400);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('with an unused file is accepted without it', async () => {
    const body = multipart([operations, map, file(), file('1')]);

    const { status } = await sendBody(product, body, headers());

    expect(status).toBe(200);
    await expectAllWell();
  });
});

describe('20 megabytes', () => {
  const OTHERS = (profileId: string) => `mutation ($file: Upload!) {
    uploadProfilePhoto(profileId: "${profileId}", photo: { file: $file }) { id }
  }`;

  test.each<[string, number, () => Promise<[query: string, headers: Record<string, string>]>]>([
    [
      'without the header that no foreign page can send',
      400,
      async () => [UPLOAD, { authorization: `Bearer ${person.token}` }],
    ],
    ['from nobody', 401, async () => [UPLOAD, PREFLIGHT]],
    [
      'with a token worth nothing',
      401,
      async () => [UPLOAD, { ...PREFLIGHT, authorization: 'Bearer nothing' }],
    ],
    ['for somebody else', 403, async () => [OTHERS((await signUp(product)).profileId), headers()]],
    ['for nobody', 404, async () => [OTHERS(randomUUID()), headers()]],
    [
      'for an operation that is wrong',
      400,
      async () => ['mutation ($file: Upload!) { nonsense(file: $file) }', headers()],
    ],
    [
      'for an operation that takes no file',
      200,
      async () => ['{ uploadPolicy { maxBytes } }', headers()],
    ],
  ])(
    '%s get a response before they have arrived, and the rest is discarded',
    async (...[, status, given]) => {
      const [query, sent] = await given();
      const body = multipart(uploadParts(query, await makePhotoOfBytes(20_000_000)));
      const wire = openStreamedRequest(product, sent);

      await wire.write(body.subarray(0, 100_000));
      const answer = await wire.answer;

      expect(answer.status).toBe(status);
      await wire.write(body.subarray(100_000));
      wire.end();
      await wire.closed;
      await expectAllWell();
    },
  );

  test('without the preflight header get its name in the error', async () => {
    const body = multipart(uploadParts(UPLOAD, await makePhotoOfBytes(20_000_000)));

    const { errors } = await sendBody(product, body, { authorization: `Bearer ${person.token}` });

    expect(errors[0]?.message).toContain('apollo-require-preflight');
    expect(await spool.files()).toEqual([]);
  });
});

describe('a body of another type', () => {
  test.each([
    ['application/json', '{'],
    ['application/json', ''],
    ['application/xml', '<a/>'],
  ])('%s %j gets a GraphQL error', async (type, body) => {
    const { status, errors } = await sendBody(product, Buffer.from(body), {
      ...headers(),
      'content-type': type,
    });

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
  });
});

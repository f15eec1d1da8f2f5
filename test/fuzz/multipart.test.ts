import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { expectHandled } from '../support/expect-handled.ts';
import { anyJson, anyText, checkProperty, deepen } from '../support/fuzz.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { multipart, PREFLIGHT, uploadParts } from '../support/streamed-request.ts';
import { isolateTemporaryUploads } from '../support/temporary-uploads.ts';

let spool: Awaited<ReturnType<typeof isolateTemporaryUploads>>;
let product: Product;
let person: Person;
let photo: Uint8Array;
beforeAll(async () => {
  spool = await isolateTemporaryUploads();
  product = await startProduct({ THUMB_DIMENSIONS: '50', BLUR: 'false' });
  person = await signUp(product);
  photo = await makePhoto(40, 40);
});
afterAll(async () => {
  await product.close();
  await spool.close();
});

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl } }';

const stringify = (json: unknown) => JSON.stringify(json);

const TYPE = { 'content-type': 'multipart/form-data; boundary=xxxxxxxx' };

async function send(body: Uint8Array<ArrayBuffer>) {
  const authorization = `Bearer ${person.token}`;
  return expectHandled(product, { body, headers: { ...PREFLIGHT, ...TYPE, authorization } });
}

const nothingLeft = () => expect.poll(spool.files, { timeout: 10_000 }).toEqual([]);

/** Cuts and inserts bytes at a position. */
const corruption = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof(fc.nat(4), fc.nat(400)),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.constantFrom('\r\n--xxxxxxxx', '\r\n\r\n', '\0', '--').map((text) => Buffer.from(text)),
  ),
});

test('a corrupted upload gets a response and leaves no temporary file', async () => {
  const whole = multipart(uploadParts(UPLOAD, photo));
  // The first photo waits for the image function to start.
  await send(whole);
  await checkProperty(
    fc.asyncProperty(
      fc.array(corruption, { maxLength: 4 }),
      fc.boolean(),
      async (corruptions, isCut) => {
        const corrupted = corruptions.reduce((body, { at, cut, put }) => {
          const offset = Math.floor(at * body.length);
          return Buffer.concat([body.subarray(0, offset), put, body.subarray(offset + cut)]);
        }, Buffer.from(whole));
        const end = isCut
          ? Math.floor((corruptions[0]?.at ?? 1) * corrupted.length)
          : corrupted.length;
        await send(new Uint8Array(corrupted.subarray(0, end)));
      },
    ),
  );
  await nothingLeft();
});

test('arbitrary multipart parts get a response and leave no temporary file', async () => {
  const name = fc.oneof(
    fc.constantFrom('operations', 'map', '0', '1', '__proto__', ''),
    fc.string({ maxLength: 5 }),
  );
  const operations = fc.oneof(
    anyJson,
    fc.record({ query: fc.oneof(anyText, fc.constant(UPLOAD)), variables: anyJson }),
  );
  const map = fc.dictionary(
    name,
    fc.oneof(
      anyJson,
      fc.array(
        fc.oneof(
          anyText,
          fc.constantFrom(
            'variables.file',
            'variables.file.file',
            'variables.file.resolve',
            'variables.file.reject',
            'variables.file.promise.then',
            'variables.file.promise.constructor',
            'variables.file.then',
            'variables',
            '__proto__.x',
            'query',
            '0.variables.file',
          ),
        ),
      ),
    ),
  );
  const part = fc.record(
    {
      name,
      content: fc.oneof(operations.map(stringify), map.map(stringify), anyText),
      filename: fc.string({ maxLength: 8 }),
    },
    { requiredKeys: ['name', 'content'] },
  );
  const inOrder = fc
    .tuple(operations, map, fc.array(part, { maxLength: 3 }))
    .map(([one, two, rest]) => [
      { name: 'operations', content: stringify(one) },
      { name: 'map', content: stringify(two) },
      ...rest,
    ]);

  await checkProperty(
    fc.asyncProperty(
      fc.oneof(inOrder, fc.array(part, { maxLength: 5 })),
      fc.boolean(),
      async (parts, ends) => {
        const sent = parts.map((one) => ({ ...one, content: deepen(one.content) }));
        await send(multipart(sent, { ends }));
      },
    ),
  );
  await nothingLeft();
});

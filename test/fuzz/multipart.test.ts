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

const written = (json: unknown) => JSON.stringify(json);

const TYPE = { 'content-type': 'multipart/form-data; boundary=xxxxxxxx' };

async function send(body: Uint8Array<ArrayBuffer>) {
  const authorization = `Bearer ${person.token}`;
  return expectHandled(product, { body, headers: { ...PREFLIGHT, ...TYPE, authorization } });
}

const nothingLeft = () => expect.poll(spool.files, { timeout: 10_000 }).toEqual([]);

/** What happens to bytes on a bad way. */
const wound = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof(fc.nat(4), fc.nat(400)),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.constantFrom('\r\n--xxxxxxxx', '\r\n\r\n', '\0', '--').map((text) => Buffer.from(text)),
  ),
});

test('whatever happens to a photo on its way, it is answered and nothing of it stays', async () => {
  const whole = multipart(uploadParts(UPLOAD, photo));
  // The first photo waits for the process that cuts it.
  await send(whole);
  await checkProperty(
    fc.asyncProperty(fc.array(wound, { maxLength: 4 }), fc.boolean(), async (wounds, isCut) => {
      const hurt = wounds.reduce((body, { at, cut, put }) => {
        const place = Math.floor(at * body.length);
        return Buffer.concat([body.subarray(0, place), put, body.subarray(place + cut)]);
      }, Buffer.from(whole));
      const end = isCut ? Math.floor((wounds[0]?.at ?? 1) * hurt.length) : hurt.length;
      await send(new Uint8Array(hurt.subarray(0, end)));
    }),
  );
  await nothingLeft();
});

test('whatever the parts of a body are', async () => {
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
      content: fc.oneof(operations.map(written), map.map(written), anyText),
      filename: fc.string({ maxLength: 8 }),
    },
    { requiredKeys: ['name', 'content'] },
  );
  const inOrder = fc
    .tuple(operations, map, fc.array(part, { maxLength: 3 }))
    .map(([one, two, rest]) => [
      { name: 'operations', content: written(one) },
      { name: 'map', content: written(two) },
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

import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Callback } from '../../contract/callbacks.ts';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import { signUp } from '../support/client.ts';
import { requestPresignedPost } from '../support/direct-upload.ts';
import { expectHandled } from '../support/expect-handled.ts';
import { anyJson, anyText, checkProperty, deepen } from '../support/fuzz.ts';
import { type Product, startProduct } from '../support/product.ts';

const SECRET = `whsec_${Buffer.alloc(24, 'callback').toString('base64')}`;

let product: Product;
let photoId: string;
beforeAll(async () => {
  product = await startProduct({ CALLBACK_SECRET: SECRET });
  photoId = (await requestPresignedPost(await signUp(product))).photo.id;
});
afterAll(() => product.close());

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
  expectHandled(product, { path: CALLBACK_PATH, body, headers });

function signed(body: string) {
  const [id, at] = [randomUUID(), new Date()];
  return {
    'webhook-id': id,
    'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
    'webhook-signature': new Webhook(SECRET).sign(id, at, body),
  };
}

const ready = (): Callback => ({
  type: 'photo.ready',
  photo: {
    photoId,
    width: 640,
    height: 480,
    variants: [{ name: '50', width: 50, height: 50, format: 'webp', bytes: 9, blurred: false }],
    crop: { strategy: 'CENTRE', x: 0, y: 0, width: 1, height: 1 },
    placeholder: '1QcSHQRnh493V4dIh4eXh1h4kJUI',
    dominantColor: '#808080',
  },
});
const failed = (): Callback => ({
  type: 'photo.failed',
  photoId,
  error: { code: 'PHOTO_UNREADABLE', message: 'The photo is cut. Send it again.' },
});

const started = (): Callback => ({ type: 'photo.started', photoId, claim: '0055AED6DCD90281E5' });

test('rejects unsigned callbacks without parsing them', () =>
  checkProperty(
    fc.asyncProperty(
      fc.oneof(
        anyText,
        anyJson.map((json) => JSON.stringify(json)),
        fc.uint8Array({ maxLength: 200 }),
      ),
      fc.dictionary(
        fc.constantFrom('webhook-id', 'webhook-timestamp', 'webhook-signature', 'content-type'),
        fc.oneof(
          fc.string({ maxLength: 40 }).filter((text) => /^[ -~]*$/.test(text)),
          fc.constantFrom('v1,', 'v1,AAAA', 'v1,AAAA v1,BBBB v2', '1e99', '-1', 'NaN'),
          fc.constant(`${Math.floor(Date.now() / 1000)}`),
        ),
      ),
      async (body, headers) => {
        const bytes = typeof body === 'string' ? deepen(body) : new Uint8Array(body);
        // 413 and 415 are decided by the headers alone.
        expect([401, 413, 415]).toContain((await post(bytes, headers)).status);
      },
    ),
  ));

/** Values that almost fit: too large for a column, invalid text for PostgreSQL, not a number. */
const odd = fc.oneof(
  anyJson,
  anyText,
  fc.constantFrom(2 ** 31, -1, 0.5, 1e300, 'READY', randomUUID(), '\0', null),
);

test('accepts or rejects signed callbacks with arbitrary content, without an internal error', () =>
  checkProperty(
    fc.asyncProperty(
      fc.oneof(
        anyText,
        anyJson.map((json) => JSON.stringify(json)),
        { weight: 6, arbitrary: fc.tuple(fc.nat(2), odd, fc.nat(24)).map(altered) },
      ),
      async (text) => {
        const body = deepen(text);
        // Photos in a final state are not updated.
        await product.sql(`update photos set status = 'AWAITING_UPLOAD'`);
        // 413: larger than any callback.
        expect([204, 400, 413]).toContain((await post(body, signed(body))).status);
      },
    ),
  ));

/** A valid callback whose value number `at` is replaced. */
function altered([kind, value, at]: [number, unknown, number]) {
  let left = at;
  const callback = JSON.stringify([ready, failed, started][kind]?.());
  return JSON.stringify(
    JSON.parse(callback, (name, old) => (name !== 'photoId' && left-- === 0 ? value : old)),
  );
}

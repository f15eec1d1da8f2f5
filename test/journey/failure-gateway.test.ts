import type { RequestListener } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto, makePhotoOfBytes } from '../support/photos.ts';
import { type ProxiedProduct, startProxiedProduct } from '../support/proxied-product.ts';
import {
  multipart,
  openStreamedRequest,
  PREFLIGHT,
  uploadParts,
} from '../support/streamed-request.ts';
import { isolateTemporaryUploads } from '../support/temporary-uploads.ts';
import { respondRaw, startWebServer } from '../support/web-server.ts';

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }) { photo { id status } }
}`;
const LATEST = `{ me { profile {
  photo { id status }
  latestUpload { id status failure { code message retryable } }
} } }`;

let product: ProxiedProduct;
let person: Person;
let spool: Awaited<ReturnType<typeof isolateTemporaryUploads>>;
beforeAll(async () => {
  spool = await isolateTemporaryUploads();
  // Long enough for the first call, which starts the function; no test should wait for the half minute of production.
  product = await startProxiedProduct({}, { imageApiTimeoutMs: 6_000 });
});
afterAll(async () => {
  await product.close();
  await spool.close();
});
beforeEach(async () => {
  person = await signUp(product);
});
afterEach(async () => {
  product.gateway.redirect();
  await product.gateway.restore();
});

const upload = async (bytes?: number) =>
  person.upload(UPLOAD, bytes ? await makePhotoOfBytes(bytes) : await makePhoto());
const profile = async () => (await person.query(LATEST)).me.profile;

/** The client, the row and the profile say the same; the next upload works, and then nothing is left of the failed one. */
async function expectFailure(
  answer: Awaited<ReturnType<typeof upload>>,
  expected: { status: number; code: string },
) {
  const { status, errors, data } = answer;
  const [{ message, extensions } = { message: '', extensions: { code: '', retryable: false } }] =
    errors;
  expect({ status, data, code: extensions.code }).toEqual({ ...expected, data: null });
  const { photo, latestUpload } = await profile();
  expect(photo).toBeNull();
  expect(latestUpload).toEqual({
    id: latestUpload.id,
    status: 'FAILED',
    failure: { code: expected.code, message, retryable: extensions.retryable },
  });
  expect(extensions.retryable).toBe(true);
  await expect.poll(spool.files).toEqual([]);

  product.gateway.redirect();
  await product.gateway.restore();
  const next = await upload();
  expect(next.data.uploadProfilePhoto.photo.status).toBe('READY');
  await clearAway();
}

/** Objects of a failed upload are erased a minute later; this is that minute. */
async function clearAway() {
  await person.query('mutation { deleteProfilePhoto { id } }');
  await product.sql(
    'select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), run_at => now())',
  );
  await expect.poll(product.stored, { timeout: 10_000 }).toEqual([]);
}

test.each([
  ['in the call', 100_000],
  ['staged', 6_000_000],
])('a photo sent %s is rejected as unavailable while the gateway is down', async (_, bytes) => {
  await product.gateway.disconnect();

  const answer = await upload(bytes);

  await expectFailure(answer, { status: 503, code: 'PROCESSING_UNAVAILABLE' });
});

test('a hanging gateway is abandoned', async () => {
  product.gateway.stall();

  const answer = await upload();

  await expectFailure(answer, { status: 503, code: 'PROCESSING_UNAVAILABLE' });
});

const page = '<html><body><h1>502 Bad Gateway</h1></body></html>';
const json =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
const UNAVAILABLE = { status: 503, code: 'PROCESSING_UNAVAILABLE' };
const FAILED = { status: 500, code: 'PROCESSING_FAILED' };

test.each<[string, RequestListener, { status: number; code: string }]>([
  ['502 as a page', (_, response) => response.writeHead(502).end(page), UNAVAILABLE],
  ['503 of API Gateway', json(503, { message: 'Service Unavailable' }), UNAVAILABLE],
  ['504 of API Gateway', json(504, { message: 'Endpoint request timed out' }), UNAVAILABLE],
  ['429', json(429, { message: 'Too Many Requests' }), UNAVAILABLE],
  ['500 of API Gateway', json(500, { message: 'Internal Server Error' }), FAILED],
  ['403', json(403, { message: 'Forbidden' }), FAILED],
  ['404', json(404, { message: 'Not Found' }), FAILED],
  ['a redirect', (_, response) => response.writeHead(302, { location: '/' }).end(), FAILED],
  ['200 and a page', (_, response) => response.end(page), FAILED],
  ['200 and nothing', (_, response) => response.end(), FAILED],
  ['200 and words', json(200, 'done'), FAILED],
  ['200 and half of the facts', json(200, { width: 300, height: 200 }), FAILED],
  ['400 of nobody knows what', json(400, { error: { code: 'SOMETHING', message: '?' } }), FAILED],
  ['no HTTP', respondRaw('HELLO'), UNAVAILABLE],
  [
    'a truncated response',
    respondRaw('HTTP/1.1 200 OK', 'content-length: 900', '', '{"width":'),
    UNAVAILABLE,
  ],
  ['nothing, and hangs up', ({ socket }) => socket.destroy(), UNAVAILABLE],
])(
  'a gateway that responds %s is not blamed on the photo, and is retryable',
  async (_, given, expected) => {
    await using site = await startWebServer((request, response) => {
      request.resume().once('end', () => given(request, response));
    });
    product.gateway.redirect({ host: '127.0.0.1', port: site.port });

    const answer = await upload();

    await expectFailure(answer, expected);
  },
);

test('an error of the photo passes the gateway unchanged', async () => {
  const error = { code: 'PHOTO_TOO_MANY_PIXELS', message: 'Too many.', limit: 5, actual: 6 };
  await using site = await startWebServer((request, response) => {
    request.resume().once('end', () => json(400, { error })(request, response));
  });
  product.gateway.redirect({ host: '127.0.0.1', port: site.port });

  const { status, errors } = await upload();

  const { message, ...facts } = error;
  expect(status).toBe(400);
  expect(errors[0]).toMatchObject({ message, extensions: { ...facts, retryable: false } });
});

test('a photo is completed although its client disconnected after sending it', async () => {
  const call = product.gateway.holdNext(/^POST/);
  const wire = openStreamedRequest(product, {
    ...PREFLIGHT,
    authorization: `Bearer ${person.token}`,
  });
  await wire.write(multipart(uploadParts(UPLOAD, await makePhoto())));
  wire.end();
  const held = await call;

  wire.abort();
  held.release();

  await expect
    .poll(async () => (await profile()).photo, { timeout: 10_000 })
    .toMatchObject({ status: 'READY' });
  await expect.poll(spool.files).toEqual([]);
  await clearAway();
});

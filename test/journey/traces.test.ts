import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { type Collector, type Span, startCollector } from '../support/collector.ts';
import {
  type PresignedPost,
  REQUEST_PHOTO_UPLOAD,
  requestPresignedPost,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';

const UPLOAD = 'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { id } }';

let collector: Collector;
let product: Product;
let person: Person;
beforeAll(async () => {
  collector = await startCollector();
  product = await startProduct({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=key%20of%20the%20tests',
  });
  person = await signUp(product);
});
afterAll(async () => {
  await product.close();
  collector.close();
});

/** Somebody's trace, as a page with a tracer of its own begins it. */
const beginTrace = () => {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
};

/** Sends a GraphQL request that belongs to a trace. */
async function send(traceparent: string, body: FormData | string) {
  const answer = await fetch(`${product.url}/graphql`, {
    method: 'POST',
    headers: {
      ...(typeof body === 'string' && { 'content-type': 'application/json' }),
      ...{
        traceparent,
        'apollo-require-preflight': '1',
        tracestate: 'theirs=somebody@example.org',
      },
      authorization: `Bearer ${person.token}`,
    },
    body,
  });
  return JSON.parse(await answer.text());
}

async function multipart(file: Uint8Array<ArrayBuffer>) {
  const form = new FormData();
  form.append('operations', JSON.stringify({ query: UPLOAD, variables: { file: null } }));
  form.append('map', '{"0":["variables.file"]}');
  form.append('0', new Blob([file]), 'on the beach.jpg');
  return form;
}

/** Each step with the one above it: `decode < process photo`. */
const steps = (spans: Span[]) => spans.map(({ name, parent }) => `${name} < ${parent ?? 'caller'}`);

const spanOf = (spans: Span[], name: string) => {
  const span = spans.find((one) => one.name === name);
  if (!span) throw new Error(`There is no ${name}.`);
  return span;
};

describe('a synchronous upload', () => {
  const { traceId, traceparent } = beginTrace();
  let spans: Span[];
  beforeAll(async () => {
    await send(traceparent, await multipart(await makePhoto()));
    spans = await collector.trace(traceId, 'POST /graphql');
  });

  test('is one trace from the request of the web app to the variants', () => {
    expect(steps(spans)).toEqual(
      expect.arrayContaining([
        'POST /graphql < caller',
        'mutation uploadProfilePhoto < POST /graphql',
        'image API < mutation uploadProfilePhoto',
        'process photo < image API',
        'decode < process photo',
        'encode < process photo',
        'blur and encode < process photo',
        'store variants < process photo',
        'update photos < mutation uploadProfilePhoto',
      ]),
    );
  });

  test('has a span of each part, with user and photo', async () => {
    const { me } = await person.query('{ me { profile { photo { id } } } }');

    expect(spanOf(spans, 'image API')).toMatchObject({
      service: 'portrait-api',
      attributes: { 'portrait.photo.id': me.profile.photo.id },
    });
    expect(spanOf(spans, 'process photo')).toMatchObject({
      service: 'portrait-function',
      attributes: { 'portrait.photo.id': me.profile.photo.id },
    });
    const mutation = spanOf(spans, 'mutation uploadProfilePhoto');
    expect(mutation.attributes['user.id']).toBe(person.id);
    expect(spanOf(spans, 'POST /graphql').attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'portrait.request.id': expect.any(String),
    });
  });
});

describe('a direct upload', () => {
  const { traceId, traceparent } = beginTrace();
  let form: PresignedPost;
  let spans: Span[];
  beforeAll(async () => {
    const asked = { query: REQUEST_PHOTO_UPLOAD, variables: { contentType: 'image/jpeg' } };
    form = (await send(traceparent, JSON.stringify(asked))).data.requestPhotoUpload;
    await sendPresignedPost(form, await makePhoto());
    await collector.trace(traceId, 'process upload');
    spans = await collector.trace(traceId, 'POST /callbacks/photos');
  });

  test('is one trace from the click to READY, through bucket, queue and callback', () => {
    expect(steps(spans)).toEqual(
      expect.arrayContaining([
        'POST /graphql < caller',
        'mutation requestPhotoUpload < POST /graphql',
        'process upload < mutation requestPhotoUpload',
        'decode < process upload',
        'store variants < process upload',
        'claim < process upload',
        'POST /callbacks/photos < claim',
        'callback < process upload',
        'POST /callbacks/photos < callback',
        'update photos < POST /callbacks/photos',
      ]),
    );
    expect(spanOf(spans, 'process upload')).toMatchObject({
      service: 'portrait-function',
      attributes: { 'portrait.photo.id': form.photo.id },
    });
  });

  test('returns the trace in the response', async () => {
    expect(await waitForStatus(person, form.photo.id, 'READY')).toMatchObject({ status: 'READY' });
  });

  test('carries its trace in a signed field that clients cannot change', async () => {
    const trace = form.fields.find(({ name }) => name === 'x-amz-meta-traceparent');
    expect(trace?.value).toContain(traceId);

    const mine = await requestPresignedPost(person, { alt: 'another' });
    const fields = mine.fields.map((field) =>
      field.name === trace?.name ? { ...field, value: traceparent } : field,
    );
    expect((await sendPresignedPost({ ...mine, fields }, await makePhoto())).status).toBe(403);
  });
});

test('a failure is marked with its code, and contains no input', async () => {
  const { traceId, traceparent } = beginTrace();
  await send(traceparent, await multipart(new Uint8Array(Buffer.from('no photo at all'))));

  const spans = await collector.trace(traceId, 'POST /graphql');
  expect(spanOf(spans, 'mutation uploadProfilePhoto')).toMatchObject({
    isFailed: true,
    attributes: { 'error.type': 'PHOTO_TYPE_UNSUPPORTED' },
  });
});

test('a request without a trace starts one; an unsampled trace is not recorded', async () => {
  const { traceId, traceparent } = beginTrace();
  const asked = JSON.stringify({ query: '{ me { id } }' });
  await send('nonsense', asked);
  await send(traceparent.replace(/1$/, '0'), asked);
  await send(beginTrace().traceparent, asked);

  const queries = () => collector.spans().filter(({ name }) => name === 'query me');
  await expect.poll(() => queries().length, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
  expect(collector.spans().filter((span) => span.traceId === traceId)).toEqual([]);
});

test('exports carry the configured API key', () => {
  expect(new Set(collector.spans().map(({ service }) => service))).toEqual(
    new Set(['portrait-api', 'portrait-function']),
  );
  expect([...collector.keys]).toEqual(['key of the tests']);
});

test('no trace contains an address, password, token, name, key or file', async () => {
  const { profile } = (await person.query('{ me { profile { photo { url } } } }')).me;
  const sent = collector.text();

  expect(sent).toContain(person.id);
  for (const secret of [
    ...[person.email, person.password, person.token, person.username],
    ...['somebody@example.org', 'on the beach', 'Bearer', 'whsec_', 'X-Amz-Signature'],
    ...['temp/', 'image/', 'master', 'select users.', new URL(profile.photo.url).pathname],
  ]) {
    expect(sent).not.toContain(secret);
  }
});

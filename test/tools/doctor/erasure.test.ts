/** How the doctor checks that its own objects have been deleted. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { openBucket } from '../../../tools/doctor/checks/bucket.ts';
import { checkBucketEmpty, checkUrlsGone } from '../../../tools/doctor/checks/erasure.ts';
import { runDoctor } from '../../../tools/doctor/doctor.ts';
import { NotChecked } from '../../../tools/doctor/report.ts';
import { openFaultyBucket } from '../../support/faulty-bucket.ts';
import { type Product, startProduct } from '../../support/product.ts';

describe('a failed deletion', () => {
  let store: Awaited<ReturnType<typeof openFaultyBucket>>;
  let product: Product;
  beforeAll(async () => {
    store = await openFaultyBucket();
    product = await startProduct({ ...store.env, THUMB_DIMENSIONS: '50', BLUR: 'false' });
  });
  afterAll(async () => {
    await product.close();
    await store.close();
  });
  beforeEach(() => {
    store.fault = ({ method, url }) => method === 'POST' && url.includes('delete');
  });

  async function lastResult(bucket: string | undefined) {
    const { url } = product;
    const endpoint = store.env.S3_ENDPOINT;
    const target = { url, origin: url, credentials: {}, bucket, endpoint, timeoutMs: 3_000 };
    return (await runDoctor(target)).at(-1);
  }

  test.each([
    [
      'in the bucket, with credentials for it',
      'external',
      /^\d+ objects are left in the bucket, such as image\//,
    ],
    ['by its URLs, without credentials', undefined, /^\d+ of \d+ URLs still return an image: http/],
    [
      'by its URLs, if the bucket denies access',
      'another',
      /^\d+ of \d+ URLs still return an image/,
    ],
  ])('is detected %s', async (_, bucket, fact) => {
    expect(await lastResult(bucket)).toMatchObject({
      ...{ check: 'objects deleted', status: 'failed', fact: expect.stringMatching(fact) },
      advice: expect.stringContaining('portrait_erasures_delayed'),
    });
  });
});

describe('a store', () => {
  const traces = { photoIds: ['photo'], variants: [], uploadKey: undefined };

  test.each([
    ['an empty body', ''],
    ['a login page', '<html><body>Please sign in</body></html>'],
    [
      'unrelated objects',
      '<ListBucketResult><Prefix>image/photo/</Prefix><IsTruncated>false</IsTruncated><Contents><Key>other</Key></Contents></ListBucketResult>',
    ],
  ])('is not taken for empty if it responds to a list request with %s', async (_, body) => {
    const server = createServer((_request, response) => response.end(body));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'of').stubEnv('AWS_SECRET_ACCESS_KEY', 'tests');
    const bucket = openBucket(
      'portrait',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );

    const failure = await checkBucketEmpty(bucket, traces, { timeoutMs: 1_000 }).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(NotChecked);
    expect(String(failure)).toContain('the bucket');
  });
});

describe('without credentials for the bucket', () => {
  const traces = (url: string) => ({
    ...{ photoIds: ['photo'], uploadKey: undefined },
    variants: ['a', 'b'].map((name) => ({ name, format: 'WEBP', bytes: 1, url: `${url}/${name}` })),
  });
  const waiting = { timeoutMs: 1_000 };

  /** Starts a site with these responses by path. */
  async function site(
    answers: Record<string, { status: number; headers: Record<string, string> }>,
  ) {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? '');
      const { status = 404, headers = {} } = answers[request.url?.split('?')[0] ?? ''] ?? {};
      response.writeHead(status, headers).end('x');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
  }

  const cached = { status: 200, headers: { 'content-type': 'image/webp', age: '7' } };

  test('every URL is requested bypassing caches, and the result names what was not checked', async () => {
    const { url, requests } = await site({});

    const fact = await checkUrlsGone(traces(url), waiting);

    expect(fact).toMatch(/^2 of 2 URLs return no image; uploads and the bucket were not checked/);
    expect(requests.map((path) => path.replace(/=.*/, ''))).toEqual(['/a?doctor', '/b?doctor']);
  });

  test('a response from a cache counts neither way', async () => {
    const { url } = await site({ '/a': cached });

    expect(await checkUrlsGone(traces(url), waiting)).toMatch(
      /^1 of 2 URLs.*, a cache responds to 1/,
    );
  });

  test.each([
    ['a cache responds to every URL', { '/a': cached, '/b': cached }, 'a cache'],
    ['the server fails', { '/a': { status: 502, headers: {} } }, 'responds 502'],
  ])('nothing is checked if %s', async (_, answers, reason) => {
    const { url } = await site(answers);

    const failure = await checkUrlsGone(traces(url), waiting).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotChecked);
    expect(String(failure)).toContain(reason);
  });
});

/** What the doctor says about the objects of its own visit after it has deleted them. */
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
import { checkBucketEmpty, checkLinksDead } from '../../../tools/doctor/checks/erasure.ts';
import { examine } from '../../../tools/doctor/doctor.ts';
import { NotChecked } from '../../../tools/doctor/report.ts';
import { openAwayBucket } from '../../support/away.ts';
import { type Product, startProduct } from '../../support/product.ts';

describe('an erasure that fails', () => {
  let store: Awaited<ReturnType<typeof openAwayBucket>>;
  let product: Product;
  beforeAll(async () => {
    store = await openAwayBucket();
    product = await startProduct({ ...store.env, THUMB_DIMENSIONS: '50', BLUR: 'false' });
  });
  afterAll(async () => {
    await product.close();
    await store.close();
  });
  beforeEach(() => {
    store.trouble = ({ method, url }) => method === 'POST' && url.includes('delete');
  });

  async function lastFinding(bucket: string | undefined) {
    const { url } = product;
    const endpoint = store.env.S3_ENDPOINT;
    const visit = { url, origin: url, credentials: {}, bucket, endpoint, patience: 3_000 };
    return (await examine(visit)).at(-1);
  }

  test.each([
    [
      'by its objects, with the bucket',
      'away',
      /^\d+ objects are left in the bucket, such as image\//,
    ],
    ['by its links, without the bucket', undefined, /^\d+ of \d+ links still open: http/],
    ['by its links, where the bucket lets nobody look', 'another', /^\d+ of \d+ links still open/],
  ])('is found %s', async (_, bucket, fact) => {
    expect(await lastFinding(bucket)).toMatchObject({
      ...{ check: 'nothing left behind', mark: 'cross', fact: expect.stringMatching(fact) },
      advice: expect.stringContaining('portrait_erasures_delayed'),
    });
  });
});

describe('a store', () => {
  const traces = { photoIds: ['photo'], variants: [], uploadKey: undefined };

  test.each([
    ['an empty body', ''],
    ['the page of a login', '<html><body>Please sign in</body></html>'],
    [
      'the objects of somebody else',
      '<ListBucketResult><Prefix>image/photo/</Prefix><IsTruncated>false</IsTruncated><Contents><Key>other</Key></Contents></ListBucketResult>',
    ],
  ])('is not taken for empty when it answers a list with %s', async (_, body) => {
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

    const failure = await checkBucketEmpty(bucket, traces, { patience: 1_000 }).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(NotChecked);
    expect(String(failure)).toContain('the bucket');
  });
});

describe('without the bucket', () => {
  const traces = (url: string) => ({
    ...{ photoIds: ['photo'], uploadKey: undefined },
    variants: ['a', 'b'].map((name) => ({ name, format: 'WEBP', bytes: 1, url: `${url}/${name}` })),
  });
  const waiting = { patience: 1_000 };

  /** A site that answers each path so. */
  async function site(
    answers: Record<string, { status: number; headers: Record<string, string> }>,
  ) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const { status = 404, headers = {} } = answers[request.url?.split('?')[0] ?? ''] ?? {};
      response.writeHead(status, headers).end('x');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  const cached = { status: 200, headers: { 'content-type': 'image/webp', age: '7' } };

  test('every link of the visit is opened past caches, and what was not checked is said', async () => {
    const { url, asked } = await site({});

    const fact = await checkLinksDead(traces(url), waiting);

    expect(fact).toMatch(
      /^2 of 2 links do not open any more; uploads and the bucket itself not checked/,
    );
    expect(asked.map((path) => path.replace(/=.*/, ''))).toEqual(['/a?doctor', '/b?doctor']);
  });

  test('a link that a cache answers says nothing', async () => {
    const { url } = await site({ '/a': cached });

    expect(await checkLinksDead(traces(url), waiting)).toMatch(
      /^1 of 2 links.*, 1 are answered from a cache/,
    );
  });

  test.each([
    ['a cache answers every link', { '/a': cached, '/b': cached }, 'from a cache'],
    ['the server fails', { '/a': { status: 502, headers: {} } }, 'answers 502'],
  ])('it is not checked when %s', async (_, answers, reason) => {
    const { url } = await site(answers);

    const failure = await checkLinksDead(traces(url), waiting).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NotChecked);
    expect(String(failure)).toContain(reason);
  });
});

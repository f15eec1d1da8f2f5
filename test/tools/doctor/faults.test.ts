import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runDoctor } from '../../../tools/doctor/doctor.ts';
import type { CheckResult } from '../../../tools/doctor/report.ts';
import { drawTestPhoto } from '../../../tools/doctor/test-photo.ts';
import { runWaitingJobsNow } from '../../support/direct-upload.ts';
import { type HttpProxy, type ProxyOverrides, startHttpProxy } from '../../support/http-proxy.ts';
import { REPOSITORY } from '../../support/postgres.ts';
import { freePorts } from '../../support/process.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { storedKeys } from '../../support/stored-objects.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

let product: Product;
/** In front of the API, like CloudFront. */
let apiProxy: HttpProxy;
/** In front of the bucket and its variants. */
let bucketProxy: HttpProxy;
/** Connection to the image API, and a proxy in front of it. */
let imageApiLine: TcpProxy;
let imageApiProxy: HttpProxy;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50', BLUR: 'false' }, async (config) => {
    bucketProxy = await startHttpProxy(config.photoUrl);
    imageApiProxy = await startHttpProxy(config.imageApiUrl);
    imageApiLine = await startTcpProxy({
      host: '127.0.0.1',
      port: Number(new URL(imageApiProxy.url).port),
    });
    return { photoUrl: bucketProxy.url, uploadUrl: bucketProxy.url, imageApiUrl: imageApiLine.url };
  });
  apiProxy = await startHttpProxy(product.url);
});
afterEach(async () => {
  apiProxy.override({});
  bucketProxy.override({});
  imageApiProxy.override({});
  await imageApiLine.restore();
});
afterAll(async () => {
  await product.close();
  apiProxy.close();
  bucketProxy.close();
  await imageApiLine.close();
  imageApiProxy.close();
});

const run = (origin = apiProxy.url) =>
  runDoctor({ url: apiProxy.url, origin, credentials: {}, bucket: undefined, timeoutMs: 20_000 });

const failures = (results: CheckResult[]) => results.filter(({ status }) => status === 'failed');

/** Runs the doctor and expects exactly one failure. */
async function onlyFailure(origin?: string) {
  const failed = failures(await run(origin));
  expect(failed.map(({ check }) => check)).toHaveLength(1);
  return failed[0];
}

test('a healthy product passes every check that needs no credentials', async () => {
  const results = await run();

  expect(results.filter(({ status }) => status === 'failed')).toEqual([]);
  expect(results.filter(({ status }) => status === 'skipped').map(({ check }) => check)).toEqual([
    'public access block',
    'lifecycle rules',
  ]);
  expect(results).toHaveLength(20);
});

test('leaves nothing behind', async () => {
  await run();
  await runWaitingJobsNow(product);

  await expect.poll(() => storedKeys(product), { timeout: 10_000 }).toEqual([]);
  expect(await product.sql("select 1 from users where username like 'doctor-%'")).toEqual([]);
});

/** Overrides response headers; undefined deletes one. */
const withHeaders = (wrong: Record<string, string | undefined>): ProxyOverrides => ({
  headers(headers) {
    for (const [name, value] of Object.entries(wrong)) {
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    }
  },
});

/** Responds in place of the server to matching requests. */
const instead = (
  method: string,
  path: RegExp,
  own: { status: number; body: string | Uint8Array },
): ProxyOverrides => ({
  answer: (request) =>
    request.method === method && path.test(request.url ?? '') ? own : undefined,
});

describe('in front of the bucket', () => {
  test.each([
    {
      fault: 'CORS for no origin',
      meddling: withHeaders({ 'access-control-allow-origin': undefined }),
      failure: { check: 'bucket CORS', fact: /may not post to the bucket/ },
    },
    {
      fault: 'CORS for another origin',
      meddling: withHeaders({ 'access-control-allow-origin': 'https://example.org' }),
      failure: { check: 'bucket CORS', fact: /may not post to the bucket/ },
    },
    {
      fault: 'variants without security headers',
      meddling: withHeaders({
        'content-security-policy': undefined,
        'x-content-type-options': undefined,
      }),
      failure: {
        check: 'variant headers',
        fact: /x-content-type-options is missing; content-security-policy is missing/,
      },
    },
    {
      fault: 'variants that expire from caches',
      meddling: withHeaders({ 'cache-control': 'max-age=60' }),
      failure: { check: 'variant headers', fact: /cache-control is "max-age=60"/ },
    },
    {
      fault: 'variants of another type',
      meddling: withHeaders({ 'content-type': 'text/html' }),
      failure: { check: 'variants', fact: /bytes of \w+, but has \d+ of text\/html/ },
    },
    {
      fault: 'missing variants',
      meddling: instead('GET', /^\/image\//, { status: 403, body: '' }),
      failure: { check: 'variants', fact: /responds 403/ },
    },
    {
      fault: 'public uploads',
      meddling: instead('GET', /^\/temp\//, { status: 200, body: drawTestPhoto() }),
      failure: {
        check: 'upload privacy',
        fact: /the upload, with its GPS position, is public: http:.*\/temp\//,
      },
    },
    {
      fault: 'a public list of objects',
      meddling: instead('GET', /^\/portrait$/, { status: 200, body: '<List/>' }),
      failure: { check: 'bucket privacy', fact: /the bucket accepts anonymous requests/ },
    },
    {
      fault: 'a bucket that rejects the POST',
      meddling: instead('POST', /./, {
        status: 403,
        body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
      }),
      failure: { check: 'direct upload', fact: /AccessDenied, Access Denied/ },
    },
  ])('detects $fault', async ({ meddling, failure: { check, fact } }) => {
    bucketProxy.override(meddling);

    expect(await onlyFailure()).toMatchObject({ check, fact: expect.stringMatching(fact) });
  });
});

test('accepts the web app in place of an upload: it responds to all unknown paths', async () => {
  bucketProxy.override(instead('GET', /^\/temp\//, { status: 200, body: '<html>' }));

  expect(failures(await run())).toEqual([]);
});

describe('in front of the API', () => {
  test('detects a clock that is ten minutes late', async () => {
    apiProxy.override({
      headers: (headers) => {
        headers.date = new Date(Date.now() - 600_000).toUTCString();
      },
    });

    expect(await onlyFailure()).toMatchObject({
      check: 'clocks',
      fact: expect.stringMatching(/the clock of the API is -(?:600|599|601)\.\d s/),
      advice: expect.stringContaining('NTP'),
    });
  });

  test('detects a callback route that leads elsewhere', async () => {
    apiProxy.override({
      answer: ({ url }) =>
        url?.startsWith('/callbacks/') ? { status: 404, body: '<html>' } : undefined,
    });

    expect(await onlyFailure()).toMatchObject({ check: 'callback route' });
  });

  test('accepts the web app in place of the probes: on AWS only the load balancer can reach them', async () => {
    apiProxy.override({
      answer: ({ url }) => (url?.endsWith('z') ? { status: 200, body: '<html>' } : undefined),
    });

    const results = await run();

    expect(failures(results)).toEqual([]);
    expect(results).toContainEqual({
      check: 'dependencies',
      status: 'skipped',
      fact: 'not checked: only the load balancer can reach it',
    });
  });

  test('detects a web app of another origin that may not call the API', async () => {
    expect(await onlyFailure('https://photos.example.org')).toMatchObject({
      check: 'API CORS',
    });
  });

  test('detects a server that is not Portrait, and skips all other checks', async () => {
    apiProxy.override({ answer: () => ({ status: 200, body: '<html>' }) });

    const results = await run();

    expect(results.map(({ check, status }) => [check, status])).toEqual([
      ['API', 'failed'],
      ['all other checks', 'skipped'],
    ]);
  });
});

test('detects a dead image API, with advice', async () => {
  await imageApiLine.disconnect();

  const failed = failures(await run());

  expect(failed).toMatchObject([
    { check: 'dependencies', fact: 'imageApi: down' },
    {
      check: 'synchronous upload',
      fact: expect.stringContaining('PROCESSING_UNAVAILABLE'),
      advice: expect.stringContaining('IMAGE_API_URL'),
    },
  ]);
});

test('detects a dead image function, with advice', async () => {
  const body = '{"message":"Internal Server Error"}';
  imageApiProxy.override(instead('POST', /^\/images\//, { status: 500, body }));

  expect(await onlyFailure()).toMatchObject({
    check: 'synchronous upload',
    fact: expect.stringContaining('PROCESSING_FAILED'),
    advice: expect.stringContaining('PHOTO_BUCKET'),
  });
});

describe('npm run doctor', () => {
  const command = (...options: string[]) => {
    const script = join(REPOSITORY, 'tools/doctor/run.ts');
    const args = ['--experimental-strip-types', script, ...options];
    return promisify(execFile)(process.execPath, args).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (failure: { code: number; stdout: string; stderr: string }) => failure,
    );
  };

  test('prints a table and exits with 0', async () => {
    const { code, stdout } = await command('--url', product.url);

    expect(stdout).toMatch(/^ {2}✓ variant headers +immutable, nosniff, sandbox$/m);
    expect(stdout).toContain('18 passed, 0 failed, 2 not checked');
    expect(code).toBe(0);
  });

  test('exits with 1 on a failure, and prints advice', async () => {
    const { code, stdout } = await command('--url', `http://127.0.0.1:${await freePorts()}`);

    expect(stdout).toMatch(/✗ API +http:\S+ does not respond \(ECONNREFUSED\)\n +→ Start it/);
    expect(code).toBe(1);
  });

  test('exits with 2 on unknown options', async () => {
    const { code, stderr } = await command('--uri', product.url);

    expect(stderr).toContain("Unknown option '--uri'");
    expect(code).toBe(2);
  });
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { examine } from '../../../tools/doctor/doctor.ts';
import type { Finding } from '../../../tools/doctor/report.ts';
import { drawPicture } from '../../../tools/doctor/test-photo.ts';
import { hurryJobs } from '../../support/direct.ts';
import { aGoBetween, type GoBetween, type Meddling } from '../../support/go-between.ts';
import { aLine, type Line } from '../../support/line.ts';
import { REPOSITORY } from '../../support/postgres.ts';
import { freePorts } from '../../support/process.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { storedKeys } from '../../support/stored.ts';

let product: Product;
/** In front of the API, as CloudFront is. */
let front: GoBetween;
/** In front of the bucket and its pictures. */
let door: GoBetween;
/** The way to the image API, and who stands at its end. */
let way: Line;
let gateway: GoBetween;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50', BLUR: 'false' }, async (config) => {
    door = await aGoBetween(config.photoUrl);
    gateway = await aGoBetween(config.imageApiUrl);
    way = await aLine({ host: '127.0.0.1', port: Number(new URL(gateway.url).port) });
    return { photoUrl: door.url, uploadUrl: door.url, imageApiUrl: way.url };
  });
  front = await aGoBetween(product.url);
});
afterEach(async () => {
  front.meddle({});
  door.meddle({});
  gateway.meddle({});
  await way.restore();
});
afterAll(async () => {
  await product.close();
  front.close();
  door.close();
  await way.close();
  gateway.close();
});

const visit = (origin = front.url) =>
  examine({ url: front.url, origin, credentials: {}, bucket: undefined, patience: 20_000 });

const crosses = (findings: Finding[]) => findings.filter(({ mark }) => mark === 'cross');

/** The one thing that is wrong. */
async function theCross(origin?: string) {
  const found = crosses(await visit(origin));
  expect(found.map(({ check }) => check)).toHaveLength(1);
  return found[0];
}

test('a product in order gets a tick for everything that can be told from outside', async () => {
  const findings = await visit();

  expect(findings.filter(({ mark }) => mark === 'cross')).toEqual([]);
  expect(findings.filter(({ mark }) => mark === 'skipped').map(({ check }) => check)).toEqual([
    'public access block',
    'lifecycle',
  ]);
  expect(findings).toHaveLength(20);
});

test('nothing of a visit stays', async () => {
  await visit();
  await hurryJobs(product);

  await expect.poll(() => storedKeys(product), { timeout: 10_000 }).toEqual([]);
  expect(await product.sql("select 1 from users where username like 'doctor-%'")).toEqual([]);
});

/** Headers as they should not be; undefined: not there. */
const withHeaders = (wrong: Record<string, string | undefined>): Meddling => ({
  headers(headers) {
    for (const [name, value] of Object.entries(wrong)) {
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    }
  },
});

/** Answers what is asked so by itself. */
const instead = (
  method: string,
  path: RegExp,
  own: { status: number; body: string | Uint8Array },
): Meddling => ({
  answer: (request) =>
    request.method === method && path.test(request.url ?? '') ? own : undefined,
});

describe('in front of the bucket', () => {
  test.each([
    {
      fault: 'CORS for nobody',
      meddling: withHeaders({ 'access-control-allow-origin': undefined }),
      cross: { check: 'CORS of the bucket', fact: /may not send forms/ },
    },
    {
      fault: 'CORS for another site',
      meddling: withHeaders({ 'access-control-allow-origin': 'https://example.org' }),
      cross: { check: 'CORS of the bucket', fact: /may not send forms/ },
    },
    {
      fault: 'pictures without the headers that keep them tame',
      meddling: withHeaders({
        'content-security-policy': undefined,
        'x-content-type-options': undefined,
      }),
      cross: {
        check: 'headers of pictures',
        fact: /x-content-type-options is missing; content-security-policy is missing/,
      },
    },
    {
      fault: 'pictures that are to be asked for again',
      meddling: withHeaders({ 'cache-control': 'max-age=60' }),
      cross: { check: 'headers of pictures', fact: /cache-control is "max-age=60"/ },
    },
    {
      fault: 'pictures of another type',
      meddling: withHeaders({ 'content-type': 'text/html' }),
      cross: { check: 'pictures', fact: /bytes of \w+, and is \d+ of text\/html/ },
    },
    {
      fault: 'pictures that are not there',
      meddling: instead('GET', /^\/image\//, { status: 403, body: '' }),
      cross: { check: 'pictures', fact: /is answered 403/ },
    },
    {
      fault: 'uploads that anybody can read',
      meddling: instead('GET', /^\/temp\//, { status: 200, body: drawPicture() }),
      cross: {
        check: 'privacy of uploads',
        fact: /the original, GPS and all, can be read by anybody: http:.*\/temp\//,
      },
    },
    {
      fault: 'a bucket that lists what it has',
      meddling: instead('GET', /^\/portrait$/, { status: 200, body: '<List/>' }),
      cross: { check: 'privacy of the bucket', fact: /the bucket answers strangers/ },
    },
    {
      fault: 'a bucket that takes no form',
      meddling: instead('POST', /./, {
        status: 403,
        body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
      }),
      cross: { check: 'direct upload', fact: /AccessDenied, Access Denied/ },
    },
  ])('$fault: found', async ({ meddling, cross: { check, fact } }) => {
    door.meddle(meddling);

    expect(await theCross()).toMatchObject({ check, fact: expect.stringMatching(fact) });
  });
});

test('the page in the place of an upload is no fault: it answers for everything that is not there', async () => {
  door.meddle(instead('GET', /^\/temp\//, { status: 200, body: '<html>' }));

  expect(crosses(await visit())).toEqual([]);
});

describe('in front of the API', () => {
  test('a clock that is ten minutes late is found', async () => {
    front.meddle({
      headers: (headers) => {
        headers.date = new Date(Date.now() - 600_000).toUTCString();
      },
    });

    expect(await theCross()).toMatchObject({
      check: 'clocks',
      fact: expect.stringMatching(/that of the API is -(?:600|599|601)\.\d s/),
      advice: expect.stringContaining('NTP'),
    });
  });

  test('a route of callbacks that leads elsewhere is found', async () => {
    front.meddle({
      answer: ({ url }) =>
        url?.startsWith('/callbacks/') ? { status: 404, body: '<html>' } : undefined,
    });

    expect(await theCross()).toMatchObject({ check: 'callback route' });
  });

  test('a page instead of the health is no fault: on AWS only the load balancer may ask', async () => {
    front.meddle({
      answer: ({ url }) => (url?.endsWith('z') ? { status: 200, body: '<html>' } : undefined),
    });

    const findings = await visit();

    expect(crosses(findings)).toEqual([]);
    expect(findings).toContainEqual({
      check: 'dependencies',
      mark: 'skipped',
      fact: 'not checked: only the load balancer can ask',
    });
  });

  test('a page of another site that may not ask the API is found', async () => {
    expect(await theCross('https://photos.example.org')).toMatchObject({
      check: 'CORS of the API',
    });
  });

  test('something that is no Portrait is found, and nothing more is asked', async () => {
    front.meddle({ answer: () => ({ status: 200, body: '<html>' }) });

    const findings = await visit();

    expect(findings.map(({ check, mark }) => [check, mark])).toEqual([
      ['API', 'cross'],
      ['everything else', 'skipped'],
    ]);
  });
});

test('a dead image API is found, and what to look at', async () => {
  await way.cut();

  const found = crosses(await visit());

  expect(found).toMatchObject([
    { check: 'dependencies', fact: 'imageApi: down' },
    {
      check: 'upload through the API',
      fact: expect.stringContaining('PROCESSING_UNAVAILABLE'),
      advice: expect.stringContaining('IMAGE_API_URL'),
    },
  ]);
});

test('a dead image function is found, and what to look at', async () => {
  const body = '{"message":"Internal Server Error"}';
  gateway.meddle(instead('POST', /^\/images\//, { status: 500, body }));

  expect(await theCross()).toMatchObject({
    check: 'upload through the API',
    fact: expect.stringContaining('PROCESSING_FAILED'),
    advice: expect.stringContaining('PHOTO_BUCKET'),
  });
});

describe('npm run doctor', () => {
  const run = (...words: string[]) => {
    const script = join(REPOSITORY, 'tools/doctor/run.ts');
    const args = ['--experimental-strip-types', script, ...words];
    return promisify(execFile)(process.execPath, args).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (failure: { code: number; stdout: string; stderr: string }) => failure,
    );
  };

  test('prints a table and ends with 0', async () => {
    const { code, stdout } = await run('--url', product.url);

    expect(stdout).toMatch(/^ {2}✓ headers of pictures +immutable, nosniff, sandbox$/m);
    expect(stdout).toContain('18 in order, 0 wrong, 2 not checked');
    expect(code).toBe(0);
  });

  test('ends with 1 on a cross, and says what to do about it', async () => {
    const { code, stdout } = await run('--url', `http://127.0.0.1:${await freePorts()}`);

    expect(stdout).toMatch(/✗ API +http:\S+ does not answer \(ECONNREFUSED\)\n +→ Start it/);
    expect(code).toBe(1);
  });

  test('ends with 2 on words that it does not know', async () => {
    const { code, stderr } = await run('--uri', product.url);

    expect(stderr).toContain("Unknown option '--uri'");
    expect(code).toBe(2);
  });
});

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway } from '../../local/api-gateway/server.ts';
import { FunctionError, type FunctionFailure } from '../../local/lambda-host/process.ts';

const credentials = { accessKeyId: 'AKLOCAL', secretAccessKey: 'secret' };
const region = 'eu-central-1';
const PATH = '/images/0193a3c4-7b1e-7cc0-8a54-0123456789ab';
const MiB = 1024 * 1024;

let gateway: Awaited<ReturnType<typeof startGateway>>;
let events: Record<string, unknown>[] = [];
let invoke: (event: unknown) => Promise<unknown>;

beforeAll(async () => {
  gateway = await startGateway({
    port: 0,
    credentials,
    region,
    timeout: 1_000,
    invoke: (event) => invoke(event),
  });
});
afterAll(() => gateway.close());
beforeEach(() => {
  events = [];
  invoke = async (event) => {
    events.push(event as Record<string, unknown>);
    return {
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"ok":true}',
    };
  };
});

interface Signing {
  body?: string | Buffer;
  path?: string;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  region?: string;
  service?: string;
  credentials?: typeof credentials & { sessionToken?: string };
  date?: Date;
}

/** Signs a call as the API does; `fetch` then gets what the signer wrote. */
async function sign(wish: Signing = {}) {
  const { path = PATH, query = {}, body = 'photo', headers = {}, date = new Date() } = wish;
  const signer = new SignatureV4({
    service: 'execute-api',
    region,
    credentials,
    ...wish,
    // The SDK's own hash: ours would agree with itself, right or wrong.
    sha256: new S3Client({ region }).config.sha256,
  });
  const { host, hostname } = new URL(gateway.url);
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname,
      path,
      query,
      headers: { host, 'content-type': 'image/jpeg', ...headers },
      body,
    },
    { signingDate: date },
  );
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
  const search = new URLSearchParams(pairs).toString().replaceAll('+', '%20');
  return {
    url: gateway.url + path + (search && `?${search}`),
    init: { method: 'POST', headers: signed.headers, body },
  };
}

async function call(wish?: Signing) {
  const { url, init } = await sign(wish);
  return answerOf(await fetch(url, init));
}

async function answerOf(response: Response) {
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const FORBIDDEN = { status: 403, body: { message: 'Forbidden' } };
const TOO_LARGE = { status: 413, body: { message: 'Request Entity Too Large' } };

test('passes a signed photo to the function in the event of an HTTP API', async () => {
  const query = { crop: 'rectangle:0.1,0,0.5,0.5', alt: 'Ünï cödé & more', tag: ['b', 'a'] };

  const answer = await call({ query, body: Buffer.from([0xff, 0xd8, 0x00]) });

  expect(answer).toEqual({ status: 200, body: { ok: true } });
  expect(events).toEqual([
    {
      version: '2.0',
      routeKey: 'POST /images/{photoId}',
      rawPath: PATH,
      rawQueryString: expect.stringContaining('alt=%C3%9Cn%C3%AF%20c%C3%B6d%C3%A9%20%26%20more'),
      headers: expect.objectContaining({ 'content-type': 'image/jpeg', 'content-length': '3' }),
      queryStringParameters: { crop: query.crop, alt: query.alt, tag: 'b,a' },
      pathParameters: { photoId: PATH.split('/')[2] },
      requestContext: expect.objectContaining({
        accountId: '000000000000',
        stage: '$default',
        routeKey: 'POST /images/{photoId}',
        time: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
        http: expect.objectContaining({ method: 'POST', path: PATH, protocol: 'HTTP/1.1' }),
        authorizer: { iam: expect.objectContaining({ accessKey: 'AKLOCAL' }) },
      }),
      body: '/9gA',
      isBase64Encoded: true,
    },
  ]);
});

test.each([
  ['application/json', '{"key":"staged/é"}', false],
  ['application/json; charset=utf-8', '{"key":"staged/é"}', false],
  ['text/plain', '{"key":"staged/é"}', false],
  ['application/octet-stream', Buffer.from('{"key":"staged/é"}').toString('base64'), true],
  ['application/jsonish', Buffer.from('{"key":"staged/é"}').toString('base64'), true],
])('passes a body of %s', async (type, body, isBase64Encoded) => {
  await call({ headers: { 'content-type': type }, body: '{"key":"staged/é"}' });

  expect(events).toMatchObject([{ body, isBase64Encoded }]);
});

test('passes no body if there is none', async () => {
  await call({ body: '' });

  expect(events[0]).not.toHaveProperty('body');
  expect(events).toMatchObject([{ isBase64Encoded: false }]);
});

type Request = Awaited<ReturnType<typeof sign>>;

const TAMPERINGS: [string, (request: Request) => void][] = [
  ['the body', ({ init }) => Object.assign(init, { body: 'other' })],
  ['body and hash', tamperBodyAndHash],
  [
    'the hash',
    ({ init }) => Object.assign(init.headers, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
  ],
  ['a query value', (request) => Object.assign(request, { url: request.url.replace('=1', '=2') })],
  ['an added query', (request) => Object.assign(request, { url: `${request.url}&b=1` })],
  ['no query', (request) => Object.assign(request, { url: request.url.split('?')[0] })],
  ['the path', (request) => Object.assign(request, { url: request.url.replace('0193', '0194') })],
  ['the content type', ({ init }) => Object.assign(init.headers, { 'content-type': 'image/png' })],
  ['a dropped header', ({ init }) => delete init.headers['content-type']],
  ['a dropped date', ({ init }) => delete init.headers['x-amz-date']],
  [
    'a date that is none',
    ({ init }) => Object.assign(init.headers, { 'x-amz-date': '20261399T000000Z' }),
  ],
  ['a dropped signature', ({ init }) => delete init.headers.authorization],
  [
    'an x-amz header that is not signed',
    ({ init }) => Object.assign(init.headers, { 'x-amz-meta': '1' }),
  ],
  ['the signed headers', (request) => reauthorize(request, /content-type;/, '')],
  [
    'the signature',
    (request) => reauthorize(request, /.$/, (digit) => (digit === '0' ? '1' : '0')),
  ],
  ['an empty signature', (request) => reauthorize(request, /Signature=.*/, 'Signature=')],
  ['the access key', (request) => reauthorize(request, /AKLOCAL/, 'AKOTHER')],
  ['the scheme', (request) => reauthorize(request, /^AWS4-HMAC-SHA256/, 'AWS4-HMAC-SHA512')],
];

function tamperBodyAndHash({ init }: Request) {
  const hash = createHash('sha256').update('other').digest('hex');
  Object.assign(init, { body: 'other' });
  Object.assign(init.headers, { 'x-amz-content-sha256': hash });
}

function reauthorize({ init }: Request, part: RegExp, other: string | ((part: string) => string)) {
  const { authorization = '' } = init.headers;
  const replaced = authorization.replace(part, other as string);
  if (replaced === authorization) throw new Error('Nothing was changed.');
  init.headers.authorization = replaced;
}

test.each(TAMPERINGS)('rejects a request that was changed after signing: %s', async (_, tamper) => {
  const request = await sign({ query: { a: '1' } });
  tamper(request);

  expect(await answerOf(await fetch(request.url, request.init))).toEqual(FORBIDDEN);
  expect(events).toEqual([]);
});

const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);

test.each<[string, Signing]>([
  ['with another secret', { credentials: { ...credentials, secretAccessKey: 'other' } }],
  ['with another key', { credentials: { ...credentials, accessKeyId: 'AKOTHER' } }],
  ['with a session we did not give', { credentials: { ...credentials, sessionToken: 'x' } }],
  ['for another service', { service: 's3' }],
  ['for another region', { region: 'us-east-1' }],
  ['six minutes ago', { date: minutesFromNow(-6) }],
  ['in six minutes', { date: minutesFromNow(6) }],
])('rejects a request signed %s', async (_, wish) => {
  expect(await call(wish)).toEqual(FORBIDDEN);
  expect(events).toEqual([]);
});

test.each<[string, Signing]>([
  ['four minutes ago', { date: minutesFromNow(-4) }],
  ['over a query that needs encoding', { query: { alt: "a+b c/d?e=f&g'(h)*~é" } }],
  ['over a repeated query', { query: { a: ['2', '1', '10'] } }],
  ['over an empty value', { query: { a: '' } }],
])('accepts a request signed %s', async (_, wish) => {
  expect(await call(wish)).toMatchObject({ status: 200 });
});

test('accepts the session token that it was started with', async () => {
  const session = { ...credentials, sessionToken: 'session' };
  const own = await startGateway({ port: 0, credentials: session, region, invoke });
  const { init } = await sign({ credentials: session, headers: { host: new URL(own.url).host } });

  const response = await fetch(own.url + PATH, init);

  await own.close();
  expect(response.status).toBe(200);
});

test.each([
  ['GET', PATH],
  ['PUT', PATH],
  ['POST', '/'],
  ['POST', '/images'],
  ['POST', '/images/'],
  ['POST', '/images/a/b'],
  ['POST', `/v1${PATH}`],
])('has no route %s %s', async (method, path) => {
  const response = await fetch(gateway.url + path, { method });

  expect(await answerOf(response)).toEqual({ status: 404, body: { message: 'Not Found' } });
});

test.each([
  [4_500_000, 200],
  [4.8 * MiB, 413],
  [10 * MiB, 413],
])('responds to a photo of %d bytes with %d', async (bytes, status) => {
  expect(await call({ body: Buffer.alloc(bytes) })).toMatchObject({ status });
});

test('rejects a body that is too large while it is still arriving', async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  const key = 'Authorization: AWS4-HMAC-SHA256 Credential=AKLOCAL/20261130';
  const head = [`POST ${PATH} HTTP/1.1`, 'Host: x', key, 'Transfer-Encoding: chunked', '', ''];
  socket.write(head.join('\r\n'));
  const chunk = Buffer.alloc(MiB);

  for (let sent = 0; sent < 11; sent += 1) {
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    socket.write('\r\n');
  }
  const [answer] = await once(socket, 'data');

  socket.destroy();
  expect(String(answer)).toMatch(/^HTTP\/1.1 413 /);
  expect(String(answer)).toContain(JSON.stringify(TOO_LARGE.body));
});

test.each<[FunctionFailure, number, string]>([
  ['THREW', 500, 'Internal Server Error'],
  ['CRASHED', 500, 'Internal Server Error'],
  ['TIMED_OUT', 500, 'Internal Server Error'],
  ['THROTTLED', 503, 'Service Unavailable'],
])('responds to a function that %s with no more than %d', async (failure, status, message) => {
  invoke = () => Promise.reject(new FunctionError(failure, 'Secrets of the function.'));

  expect(await call()).toEqual({ status, body: { message } });
});

/** Node refuses to write this header. */
const UNSENDABLE = { statusCode: 200, headers: { 'x-own': 'a\nb' } };

test.each([undefined, null, 'text', {}, { statusCode: '200' }, { statusCode: 99 }, UNSENDABLE])(
  'calls an answer of %j an error of the server',
  async (answer) => {
    invoke = async () => answer;

    expect(await call()).toEqual({ status: 500, body: { message: 'Internal Server Error' } });
  },
);

test('does not wait for a function longer than its timeout', async () => {
  const over = new AbortController();
  invoke = () => delay(600_000, undefined, { signal: over.signal });

  expect(await call()).toEqual({ status: 503, body: { message: 'Service Unavailable' } });
  over.abort();
});

test('passes on status, headers and bytes of the response', async () => {
  invoke = async () => ({
    statusCode: 400,
    headers: { 'content-type': 'application/octet-stream', 'x-own': 'yes' },
    body: Buffer.from([0, 255]).toString('base64'),
    isBase64Encoded: true,
  });
  const { url, init } = await sign();

  const response = await fetch(url, init);

  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/octet-stream');
  expect(response.headers.get('x-own')).toBe('yes');
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255]);
});

test('rejects a request line and headers of more than 10 KB together', async () => {
  expect((await fetch(`${gateway.url}${PATH}?alt=${'x'.repeat(10_240)}`)).status).toBe(431);
});

test('survives a client that disconnects during its upload', async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf`);
  await once(socket, 'connect');

  socket.destroy();

  expect(await call()).toMatchObject({ status: 200 });
});

test.each([
  ['is not signed', ''],
  ['is signed with another key', 'Authorization: AWS4-HMAC-SHA256 Credential=OTHER/20261130\r\n'],
  [
    'only claims to know the key and the hash',
    `Authorization: AWS4-HMAC-SHA256 Credential=AKLOCAL/20261130\r\nX-Amz-Content-Sha256: ${'0'.repeat(64)}\r\n`,
  ],
])('rejects a call that %s before reading the body', async (_, headers) => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);

  socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: 9000000\r\n\r\n{`);
  const [answer] = await once(socket, 'data');
  socket.destroy();

  expect(String(answer)).toMatch(/^HTTP\/1.1 403 /);
});

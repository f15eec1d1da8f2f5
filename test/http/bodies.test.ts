/** Limits of request bodies, by size, sender and time: on every path, in every spelling. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import { graphqlClient, type Person, signUp } from '../support/client.ts';
import { makePhotoOfBytes } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import {
  multipart,
  openStreamedRequest,
  PREFLIGHT,
  uploadParts,
} from '../support/streamed-request.ts';

const UPLOAD = `mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { photo { status } } }`;

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct();
  person = await signUp(product);
});
afterAll(() => product.close());

/** Writes a raw request; returns the first response, sent before the body is complete, and when the connection is closed. */
function send(head: string[], body = '') {
  const { hostname, port } = new URL(product.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write(`${head.join('\r\n')}\r\n${body}`);
  const answer = once(socket, 'data').then(([data]) => String(data));
  answer.catch(() => {});
  const closed = text(socket).catch(() => '');
  return { answer, closed, socket };
}

const post = (path: string, ...headers: string[]) => [
  `POST ${path} HTTP/1.1`,
  'Host: localhost',
  ...headers,
  '',
];
const JSON_TYPE = 'Content-Type: application/json';
const LARGE = 'Content-Length: 30000000';
const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;

describe('a body of 30 MB of an anonymous sender is rejected before it is read', () => {
  test.each([
    ['/graphql'],
    ['/%67raphql'],
    ['/graphq%6C'],
    ['/graphql?x=1'],
    ['/graphql?'],
    ['http://portrait.example.org/graphql'],
    ['http://portrait.example.org/%67raphql'],
  ])('at %s, a path of the API: 401', async (path) => {
    const { answer } = send(post(path, JSON_TYPE, LARGE), '{');

    expect(await answer).toMatch(/^HTTP\/1.1 401 [\s\S]*"UNAUTHENTICATED"/);
  });

  test.each([
    ['/graphql/', 404],
    ['/GRAPHQL', 404],
    ['//graphql', 404],
    ['/graphql/x', 404],
    ['/nothing', 404],
    ['/', 404],
    ['/healthz', 404],
    [CALLBACK_PATH, 413],
    [`http://portrait.example.org${CALLBACK_PATH}`, 413],
  ])('at %s, any other path', async (path, status) => {
    for (const type of [
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'x/y',
    ]) {
      const { answer } = send(post(path, `Content-Type: ${type}`, LARGE), '{');
      expect([413, status]).toContain(Number((await answer).slice(9, 12)));
    }
  });

  test.each(['PUT', 'PATCH', 'DELETE'])('by %s: 405 with the allowed methods', async (method) => {
    const [, ...headers] = post('/graphql', JSON_TYPE, LARGE);
    const { answer } = send([`${method} /graphql HTTP/1.1`, ...headers], '{');

    expect(await answer).toMatch(/^HTTP\/1.1 405 [\s\S]*allow: GET, POST/i);
  });

  test.each([
    'multipart/form-data; boundary=x',
    'Multipart/Form-Data; boundary=x',
    'text/plain',
    'x/y',
  ])('as %s', async (type) => {
    const { answer } = send(post('/graphql', `Content-Type: ${type}`, LARGE), '{');
    expect(await answer).toMatch(/^HTTP\/1.1 401 /);
  });

  test('as JSON with a charset and an invalid token', async () => {
    const headers = [
      'Content-Type: application/json; charset=utf-8',
      'Authorization: Bearer x.y.z',
    ];
    const { answer } = send(post('/graphql', ...headers, LARGE), '{');

    expect(await answer).toMatch(/^HTTP\/1.1 401 [\s\S]*token is invalid/);
  });
});

describe('a body of unknown length of an anonymous sender', () => {
  const CHUNKED = 'Transfer-Encoding: chunked';

  test('is read up to 8 KiB, since it may be a sign-in', async () => {
    const query = `mutation { signIn(email: ${JSON.stringify(person.email)}, password: ${JSON.stringify(person.password)}) { token } }`;
    const body = JSON.stringify({ query });
    const { answer } = send(
      post('/graphql', JSON_TYPE, CHUNKED),
      `\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`.slice(2),
    );

    expect(await answer).toMatch(/^HTTP\/1.1 200 [\s\S]*"token"/);
  });

  test.each(['/graphql', '/%67raphql', 'http://portrait.example.org/graphql'])(
    'is rejected at %s beyond that',
    async (path) => {
      const { answer } = send(post(path, JSON_TYPE, CHUNKED), chunk(4_000) + chunk(5_000));

      expect(await answer).toMatch(/^HTTP\/1.1 401 [\s\S]*at most 8192 bytes/);
    },
  );

  test.each(['/nothing', CALLBACK_PATH])('is rejected at %s beyond that', async (path) => {
    const { answer } = send(post(path, JSON_TYPE, CHUNKED), chunk(4_000) + chunk(5_000));

    expect(await answer).toMatch(/^HTTP\/1.1 (404|413) /);
  });

  test('is not read as a file', async () => {
    const { answer } = send(
      post(
        '/graphql',
        'Content-Type: multipart/form-data; boundary=x',
        CHUNKED,
        'apollo-require-preflight: 1',
      ),
    );
    expect(await answer).toMatch(/^HTTP\/1.1 401 /);
  });
});

test('a short body of an anonymous sender is read', async () => {
  const { status } = await graphqlClient(product).send('{ uploadPolicy { maxBytes } }');
  expect(status).toBe(200);
});

describe('a slow body', () => {
  // Concurrently, since each case takes the 15 s that it tests.
  test('is disconnected after 15 s, unless the sender is signed in', async () => {
    const started = Date.now();
    const seconds = () => (Date.now() - started) / 1000;
    const slow = ['/graphql', '/nothing', CALLBACK_PATH].map((path) =>
      send(post(path, JSON_TYPE, 'Content-Length: 100'), '{'),
    );
    const file = post(
      '/graphql',
      'Content-Type: multipart/form-data; boundary=x',
      'Content-Length: 100',
      'apollo-require-preflight: 1',
    );
    const form = send(file, '--x');
    const headless = send(['POST /graphql HTTP/1.1', 'Host: localhost']);
    const silent = connect(Number(new URL(product.url).port), '127.0.0.1').resume();
    const silenced = once(silent, 'close');
    const signedIn = openStreamedRequest(product, {
      ...PREFLIGHT,
      authorization: `Bearer ${person.token}`,
    });
    const body = multipart(uploadParts(UPLOAD, await makePhotoOfBytes(20_000)));
    await signedIn.write(body.subarray(0, 300));

    for (const { answer } of [...slow, form]) {
      expect(await answer).toMatch(
        /^HTTP\/1.1 408 [\s\S]*connection: close[\s\S]*"REQUEST_TIMEOUT"/i,
      );
    }
    await Promise.all([...slow, form].map(({ closed }) => closed));
    expect(await headless.answer).toMatch(/^HTTP\/1.1 408 /);
    await silenced;
    expect(seconds()).toBeGreaterThan(14);

    await signedIn.write(body.subarray(300));
    signedIn.end();
    expect(await signedIn.answer).toMatchObject({ status: 200, errors: [] });
  }, 60_000);

  test('of a user who sends nothing, or too little, releases its slot; a pause after enough bytes is allowed', async () => {
    const user = await signUp(product);
    const photo = JSON.stringify({ query: '{ __typename }', padding: 'x'.repeat(300_000) });
    const open = (length: number, body = '') => {
      const token = `Authorization: Bearer ${user.token}`;
      return send(post('/graphql', JSON_TYPE, `Content-Length: ${length}`, token), body);
    };
    // One user has two slots for JSON.
    const silent = [open(30_000_000), open(30_000_000), open(30_000_000)];
    const answers = await Promise.all(silent.map(({ answer }) => answer));
    expect(answers.map((answer) => answer.slice(9, 12)).toSorted()).toEqual(['408', '408', '503']);
    for (const { socket } of silent) socket.destroy();
    // The server releases a slot when it has closed the connection.
    await Promise.all(silent.map(({ closed }) => closed));

    const stalled = open(30_000_000, '{');
    const paused = open(photo.length, photo.slice(0, 200_000));
    expect(await stalled.answer).toMatch(/^HTTP\/1.1 408 [\s\S]*"REQUEST_TIMEOUT"/);
    await stalled.closed;
    // The paused body has passed the check that rejected the stalled one, or is about to.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    paused.socket.write(photo.slice(200_000));

    expect(await paused.answer).toMatch(/^HTTP\/1.1 200 /);
  }, 120_000);
});

test('an endless body is disconnected after 100 MiB once it has been rejected', async () => {
  const { answer, socket } = send(post('/graphql', JSON_TYPE, 'Content-Length: 9999999999'), '{');
  expect(await answer).toMatch(/^HTTP\/1.1 401 /);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const bytes = Buffer.alloc(256 * 1024);
  const write = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', write);
  write();

  await closed;

  expect(socket.bytesWritten).toBeGreaterThan(100_000_000);
  expect(socket.bytesWritten).toBeLessThan(400_000_000);
});

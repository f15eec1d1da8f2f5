import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { countSockets } from '../../src/http/websocket/sockets.ts';
import { type Person, signIn, signUp } from '../support/client.ts';
import { requestPresignedPost } from '../support/direct-upload.ts';
import { captureLog, type Log } from '../support/log.ts';
import { type Product, startProduct } from '../support/product.ts';
import { openRaw, subscribe, upgrade } from '../support/socket.ts';

const FOLLOW = 'subscription ($id: ID!) { photo(id: $id) { status } }';
const CORS = 'https://people.example.org';

let log: Log;
let product: Product;
let person: Person;
let photoId: string;
beforeAll(async () => {
  log = captureLog();
  product = await startProduct({ LOG_LEVEL: 'info', TRUST_PROXY: '1', CORS_ORIGINS: CORS });
  person = await signUp(product);
  photoId = (await requestPresignedPost(person)).photo.id;
});
afterAll(async () => {
  await product.close();
  log.release();
});

const bearer = ({ token }: Pick<Person, 'token'>) => ({ authorization: `Bearer ${token}` });
const jsonOf = (messages: object[]) => JSON.stringify(messages);

const gauge = async (name: string) => {
  const text = await (await fetch(`${product.url}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\d+)`, 'm'))?.[1]);
};

describe('a WebSocket without a valid token', () => {
  test.each([
    ['no token', {}],
    ['a bad token', { authorization: 'Bearer x.y.z' }],
  ])(
    'with %s gets UNAUTHENTICATED, and is closed within seconds; the reason names the expected message',
    async (_, params) => {
      const socket = await openRaw(product, { params });

      socket.send(subscribe('1', FOLLOW, { id: photoId }));

      await expect.poll(() => jsonOf(socket.messages)).toContain('"UNAUTHENTICATED"');
      expect(await socket.closed).toEqual({
        code: 4401,
        reason: 'Send {"authorization": "Bearer <token>"} as the payload of connection_init.',
      });
    },
    20_000,
  );

  test('has no document parsed', async () => {
    const socket = await openRaw(product, { params: {} });

    socket.send(subscribe('1', 'this { is } no ( document'));

    await expect.poll(() => jsonOf(socket.messages)).toContain('"UNAUTHENTICATED"');
    expect(jsonOf(socket.messages)).not.toContain('Syntax');
  });

  test('is closed if it sends nothing', async () => {
    const socket = await openRaw(product);
    expect(await socket.closed).toMatchObject({ code: 4408 });
  }, 20_000);
});

test('a WebSocket whose token was revoked gets an error for the next operation, and is then closed', async () => {
  const other = await signUp(product);
  const form = await requestPresignedPost(other);
  const socket = await openRaw(product, { params: bearer(other) });
  socket.send(subscribe('1', FOLLOW, { id: form.photo.id }));
  await expect.poll(() => jsonOf(socket.messages)).toContain('AWAITING_UPLOAD');

  await other.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: other.id });
  socket.send(subscribe('2', FOLLOW, { id: form.photo.id }));

  await expect.poll(() => jsonOf(socket.messages)).toContain('"UNAUTHENTICATED"');
  expect(await socket.closed).toMatchObject({ code: 4401 });
}, 20_000);

describe('accepts the token', () => {
  const places: [string, (value: string) => Parameters<typeof openRaw>[1]][] = [
    ['as authorization', (value) => ({ params: { authorization: value } })],
    ['as Authorization', (value) => ({ params: { Authorization: value } })],
    ['as AUTHORIZATION', (value) => ({ params: { AUTHORIZATION: value } })],
    ['in headers', (value) => ({ params: { headers: { Authorization: value } } })],
    ['in the upgrade request', (value) => ({ params: {}, headers: { authorization: value } })],
  ];

  test.each(places)('%s', async (_, place) => {
    const socket = await openRaw(product, place(`bearer ${person.token}`));

    socket.send(subscribe('1', FOLLOW, { id: photoId }));

    await expect.poll(() => jsonOf(socket.messages)).toContain('AWAITING_UPLOAD');
    socket.close();
  });

  test('requires its scheme, and the error names it', async () => {
    const socket = await openRaw(product, { params: { authorization: person.token } });

    socket.send(subscribe('1', FOLLOW, { id: photoId }));

    await expect.poll(() => jsonOf(socket.messages)).toContain('Authorization: Bearer');
  });
});

describe('pages', () => {
  const host = () => new URL(product.url).host;

  test.each([
    ['of the same origin', () => ({ origin: product.url })],
    ['of the same host behind TLS', () => ({ origin: `https://${host()}` })],
    ['in CORS_ORIGINS', () => ({ origin: CORS })],
    [
      'of the host that a trusted proxy forwards',
      () => ({
        origin: 'https://portrait.example.org',
        'x-forwarded-host': 'portrait.example.org',
      }),
    ],
    [
      'of the default port',
      () => ({
        origin: 'https://portrait.example.org',
        'x-forwarded-host': 'portrait.example.org:443',
      }),
    ],
  ])('%s may open a WebSocket', async (_, headers) => {
    expect((await upgrade(product, headers())).status).toBe(101);
  });

  test('clients other than browsers may', async () => {
    expect((await upgrade(product)).status).toBe(101);
  });

  test.each([
    'https://evil.example',
    'http://people.example.org',
    'null',
    'https://people.example.org.evil.example',
  ])('of %s are rejected, and the error names the setting', async (origin) => {
    const { status, headers, body } = await upgrade(product, { origin });

    expect(status).toBe(403);
    // Otherwise its socket would stay open and delay the exit of the process.
    expect(headers.connection).toBe('close');
    expect(JSON.parse(body).errors[0]).toMatchObject({
      message: expect.stringContaining('CORS_ORIGINS'),
      extensions: { code: 'FORBIDDEN' },
    });
  });
});

describe('limits', () => {
  // The message rate is counted per user, so each test has its own.
  let person: Person;
  let photoId: string;
  beforeEach(async () => {
    person = await signUp(product);
    photoId = (await requestPresignedPost(person)).photo.id;
  });
  test('operations on one WebSocket: 20', async () => {
    const socket = await openRaw(product, { params: bearer(person) });
    for (let at = 0; at < 20; at++) socket.send(subscribe(`${at}`, FOLLOW, { id: photoId }));
    await expect.poll(() => socket.messages.filter(({ type }) => type === 'next').length).toBe(20);
    expect(await gauge('portrait_websocket_operations')).toBeGreaterThanOrEqual(20);

    socket.send(subscribe('20', FOLLOW, { id: photoId }));

    expect(await socket.closed).toEqual({
      code: 4429,
      reason: 'At most 20 operations are accepted on one WebSocket at once.',
    });
    await expect.poll(() => gauge('portrait_websocket_operations')).toBe(0);
  });

  test('completed operations make room for others', async () => {
    const socket = await openRaw(product, { params: bearer(person) });
    const started = () => socket.messages.filter(({ type }) => type === 'next').length;
    for (let at = 0; at < 20; at++) socket.send(subscribe(`${at}`, FOLLOW, { id: photoId }));
    await expect.poll(started).toBe(20);

    for (let at = 0; at < 10; at++) socket.send({ type: 'complete', id: `${at}` });
    for (let at = 20; at < 30; at++) socket.send(subscribe(`${at}`, FOLLOW, { id: photoId }));

    await expect.poll(started).toBe(30);
    socket.close();
  });

  test.each([
    ['messages', { type: 'ping' }],
    ['pings with a payload', { type: 'ping', payload: { much: 'x'.repeat(10_000) } }],
  ])('%s per second', async (_, message) => {
    const socket = await openRaw(product, { params: bearer(person) });

    for (let at = 0; at < 100; at++) socket.send(message);

    expect(await socket.closed).toEqual({
      code: 4429,
      reason: 'Too many messages: at most 10 in a second.',
    });
  });

  test('messages of a user across consecutive WebSockets', async () => {
    const first = await openRaw(product, { params: bearer(person) });
    for (let at = 0; at < 60; at++) first.send({ type: 'ping' });
    await first.closed;
    const second = await openRaw(product, { params: bearer(person) });

    for (let at = 0; at < 40; at++) second.send({ type: 'ping' });

    expect(await second.closed).toMatchObject({ code: 4429 });
  });

  test('the size of a message: 16 KiB, not logged as our error', async () => {
    const socket = await openRaw(product, { params: bearer(person) });

    socket.send(subscribe('1', `${FOLLOW}${' '.repeat(20_000)}`, { id: photoId }));

    expect(await socket.closed).toMatchObject({ code: 1009 });
    expect(log.entries().filter(({ level }) => level >= 50)).toEqual([]);
  });

  test('WebSockets of one user: 10', async () => {
    const other = await signUp(product);
    const open = () => openRaw(product, { params: bearer(other) });
    const sockets = await Promise.all(Array.from({ length: 10 }, open));
    expect(await gauge('portrait_websockets{state="authenticated"}')).toBeGreaterThanOrEqual(10);

    const refused = await open();

    expect(await refused.closed).toMatchObject({
      code: 4429,
      reason: expect.stringContaining('one user'),
    });
    sockets[0]?.close();
    await sockets[0]?.closed;
    await expect.poll(async () => (await open()).messages[0]?.type).toBe('connection_ack');
  });

  test('WebSockets of one network, a /64 of IPv6: 200', async () => {
    const from = (address: string) => upgrade(product, { 'x-forwarded-for': address });
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, at) => from(`2001:db8::${(at + 1).toString(16)}`)),
    );
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([101]));

    const { status, headers, body } = await from('2001:db8::ffff:1');

    expect([status, headers['retry-after']]).toEqual([429, '30']);
    expect(JSON.parse(body).errors[0].extensions.code).toBe('TOO_MANY_REQUESTS');
    expect((await from('2001:db8:0:1::1')).status).toBe(101);
  });

  test('WebSockets in total: 2,000', () => {
    const sockets = countSockets();
    const open = (at: number) => sockets.openSocket(`10.0.${Math.floor(at / 100)}.1`);
    const releases = Array.from({ length: 2_000 }, (_, at) => open(at));

    expect(() => open(9_000)).toThrow('overloaded');
    releases[0]?.();

    open(9_000);
    expect(sockets.counts.open).toBe(2_000);
  });
});

describe('an upgrade', () => {
  test.each([
    ['that cannot be decoded', '/%'],
    ['that cannot be decoded, below the API', '/graphql/%ff'],
    ['that does not exist', '/nothing'],
  ])('to a path %s is rejected, and its connection closed', async (_, path) => {
    const socket = connect(Number(new URL(product.url).port), '127.0.0.1');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );

    // Ends only when the server closes the connection.
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[04] /);
  });

  // `h2c` is what Java's HttpClient and `curl --http2` send.
  test.runIf('shouldUpgradeCallback' in createServer())(
    'to another protocol is ignored: the request is answered, and the next on its connection',
    async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      const ask = async (upgrade: string) => {
        const asked = request(`${product.url}/graphql`, {
          agent,
          method: 'POST',
          headers: {
            connection: 'Upgrade, HTTP2-Settings',
            upgrade,
            'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
            'content-type': 'application/json',
          },
        }).end('{"query":"{ __typename }"}');
        const [response] = await once(asked, 'response');
        return [response.statusCode, await text(response)];
      };

      for (const upgrade of ['h2c', 'TLS/1.2', 'h2c']) {
        expect(await ask(upgrade)).toEqual([200, '{"data":{"__typename":"Query"}}\n']);
      }
    },
  );
});

describe('sends a helpful error', () => {
  test('to a client of the old protocol', async () => {
    const socket = await openRaw(product, { protocols: ['graphql-ws'] });
    expect(await socket.closed).toEqual({
      code: 4406,
      reason: 'Use the WebSocket subprotocol graphql-transport-ws.',
    });
  });

  test('to a WebSocket at another path', async () => {
    const { status, body } = await upgrade(product, {}, '/healthz');
    expect([status, body]).toEqual([404, expect.stringContaining('/graphql')]);
  });

  test.each([
    ['a query', '{ me { id } }', 'Send queries and mutations by HTTP'],
    ['a syntax error', 'subscription {', 'Syntax Error'],
    [
      'several operations without a name',
      `${FOLLOW.replace('(', 'A(')} query B { me { id } }`,
      'operationName',
    ],
  ])('for %s, and keeps the connection', async (_, query, message) => {
    const socket = await openRaw(product, { params: bearer(person) });

    socket.send(subscribe('1', query));
    await expect.poll(() => jsonOf(socket.messages)).toContain(message);
    socket.send(subscribe('2', FOLLOW, { id: photoId }));

    await expect.poll(() => jsonOf(socket.messages)).toContain('AWAITING_UPLOAD');
    expect(log.entries().filter(({ level }) => level >= 50)).toEqual([]);
    socket.close();
  });

  test('an empty operationName counts as absent', async () => {
    const socket = await openRaw(product, { params: bearer(person) });
    const message = subscribe('1', FOLLOW, { id: photoId });

    socket.send({ ...message, payload: { ...message.payload, operationName: '' } });

    await expect.poll(() => jsonOf(socket.messages)).toContain('AWAITING_UPLOAD');
    socket.close();
  });
});

test('a user who signs in again can open the new WebSocket', async () => {
  const token = await signIn(product, person);
  const socket = await openRaw(product, { params: bearer({ token }) });
  expect(socket.messages[0]?.type).toBe('connection_ack');
  socket.close();
});

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CONNECTIONS, limitConnections } from '../../src/http/connection-limits.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

/** Opens a connection and writes these bytes; `closed` resolves when the server has closed it. */
function openConnection(url: string, bytes: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  socket.write(bytes);
  return { socket, closed };
}

const get = (path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
const statuses = (answer: string) =>
  Array.from(answer.matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => Number(status));

describe('pipelined requests on one connection', () => {
  test('are answered in order, up to 20', async () => {
    const paths = Array.from({ length: 19 }, (_, at) => (at % 2 ? '/healthz' : '/assets/none'));
    const bytes =
      paths.map((path) => get(path)).join('') + get('/healthz', 'Connection: close\r\n');

    const { socket } = openConnection(product.url, bytes);

    const expected = [...paths.map((path) => (path === '/healthz' ? 200 : 404)), 200];
    expect(statuses(await text(socket))).toEqual(expected);
  });

  test('are handled one after the other', async () => {
    const counts = { now: 0, max: 0, total: 0 };
    const url = await listen(async () => {
      counts.total++;
      counts.max = Math.max(counts.max, ++counts.now);
      await delay(20);
      counts.now--;
      return 'done';
    });

    const { socket } = openConnection(url, get('/').repeat(9) + get('/', 'Connection: close\r\n'));

    expect(statuses(await text(socket))).toHaveLength(10);
    expect(counts).toEqual({ now: 0, max: 1, total: 10 });
  });

  test('close the connection when there are more, and only the first one has started', async () => {
    let started = 0;
    const url = await listen(async () => {
      started++;
      await delay(20);
      return 'done';
    });

    const { closed } = openConnection(url, get('/').repeat(1_000));
    await closed;

    await delay(100);
    expect(started).toBe(1);
  });

  test('close the connection in the product, which keeps serving others', async () => {
    const { closed } = openConnection(product.url, get('/healthz').repeat(1_000));
    await closed;

    expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
  });
});

type Limits = Parameters<typeof limitConnections>[1];

/** Starts a server with one route and the connection limits. */
async function listen(answer: () => Promise<string | Buffer>, limits?: Limits) {
  const server = Fastify({ forceCloseConnections: true });
  limitConnections(server, limits);
  server.get('/', answer);
  onTestFinished(() => server.close());
  return server.listen({ port: 0, host: '127.0.0.1' });
}

describe('a response', () => {
  // Larger than the buffers of both ends of a connection.
  const large = Buffer.alloc(50 * 1024 * 1024);
  const limits = { ...CONNECTIONS, unreadMs: 500 };

  test('that is not read closes its connection', async () => {
    const url = await listen(async () => large, limits);

    const { socket } = openConnection(url, get('/'));
    socket.pause();
    await delay(3_000);

    // The bytes already sent can still be read; then the connection ends, before the response is complete.
    let bytes = 0;
    for await (const chunk of socket.on('error', () => {})) bytes += chunk.length;
    expect(bytes).toBeLessThan(large.length);
  }, 20_000);

  test('that is read slowly is sent completely', async () => {
    const url = await listen(async () => large, limits);

    const { socket } = openConnection(url, get('/', 'Connection: close\r\n'));

    let bytes = 0;
    for await (const chunk of socket) {
      bytes += chunk.length;
      await delay(1);
    }
    expect(bytes).toBeGreaterThan(large.length);
  }, 60_000);

  test('may take longer than that to start', async () => {
    const url = await listen(async () => {
      await delay(1_500);
      return 'done';
    }, limits);

    expect(await (await fetch(url)).text()).toBe('done');
  });
});

import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct({
    CORS_ORIGINS: 'https://people.example.org:8443',
    TRUST_PROXY: '1',
  });
});
afterAll(() => product.close());

/** What is answered to a request under this Host header. */
async function askAs(
  host: string,
  {
    url = product.url,
    path = '/graphql',
    headers = {},
  }: Record<string, unknown> & {
    url?: string;
    path?: string;
    headers?: Record<string, string>;
  } = {},
) {
  const { hostname: address, port } = new URL(url);
  const request = httpRequest({ hostname: address, port, path, headers: { ...headers, host } });
  const [response] = await Promise.race([
    once(request.end(), 'response'),
    once(request, 'upgrade'),
  ]);
  if (response.statusCode === 101) {
    response.socket.destroy();
    return { status: 101, body: '' };
  }
  return { status: response.statusCode as number, body: await text(response) };
}

const OURS = [
  'localhost',
  'localhost:4000',
  'LOCALHOST.',
  'portrait.localhost',
  '127.0.0.1:9',
  '[::1]:4000',
  '192.168.1.20',
  hostname(),
  `${hostname()}.local:4000`,
  'people.example.org',
];
const OTHERS = [
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'notlocalhost',
  'example.org',
];

const UPGRADE = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'graphql-transport-ws',
};

test.each(OURS)('accepts the host %s', async (host) => {
  expect((await askAs(host, { path: '/healthz' })).status).toBe(200);
  expect((await askAs(host, { headers: UPGRADE })).status).toBe(101);
  expect((await askAs(host, { url: product.config.photoUrl, path: '/image/x' })).status).toBe(404);
});

test.each(OTHERS)('rejects the host "%s", as after DNS rebinding', async (host) => {
  const answers = await Promise.all([
    askAs(host),
    askAs(host, { path: '/healthz' }),
    askAs(host, { path: '/nothing' }),
    askAs(host, { headers: UPGRADE }),
    askAs(host, { headers: { 'x-forwarded-host': 'localhost' } }),
    askAs(host, { url: product.config.photoUrl, path: '/image/x' }),
  ]);

  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 421));
  for (const { body } of answers) expect(body).toContain('add the origin to CORS_ORIGINS');
});

test('leaves the Host header to the load balancer in production', async () => {
  const production = await startProduct({}, () => ({ production: true }));

  const { status } = await askAs('portrait.example.org', { url: production.url, path: '/healthz' });
  await production.close();

  expect(status).toBe(200);
});

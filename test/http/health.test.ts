import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
const silent = createServer();
beforeAll(async () => {
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  product = await startProduct({}, () => ({
    s3Endpoint: 'http://127.0.0.1:1',
    imageApiUrl: `http://127.0.0.1:${port}`,
  }));
});
afterAll(async () => {
  await product.close();
  silent.close();
});

test('names dependencies that refuse or do not respond, and stays alive', async () => {
  const ready = await fetch(`${product.url}/readyz`);
  const alive = await fetch(`${product.url}/healthz`);

  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({
    status: 'down',
    checks: { database: 'ok', bucket: 'down', imageApi: 'down', disk: 'ok' },
    erasures: 'ok',
  });
  expect(alive.status).toBe(200);
});

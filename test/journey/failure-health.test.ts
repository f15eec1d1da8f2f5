import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ProxiedProduct, startProxiedProduct } from '../support/proxied-product.ts';

let product: ProxiedProduct;
beforeAll(async () => {
  product = await startProxiedProduct();
});
afterAll(() => product.close());
afterEach(async () => {
  for (const line of [product.database, product.bucket, product.gateway]) await line.restore();
});

async function ask(path: string) {
  const answer = await fetch(product.url + path);
  return { status: answer.status, body: await answer.json() };
}

const ALL_WELL = {
  status: 'ok',
  checks: { database: 'ok', bucket: 'ok', imageApi: 'ok', disk: 'ok' },
  erasures: 'ok',
};

test('is ready when all dependencies are up', async () => {
  expect(await ask('/readyz')).toEqual({ status: 200, body: ALL_WELL });
});

test.each([
  ['database', 'database'],
  ['bucket', 'bucket'],
  ['imageApi', 'gateway'],
] as const)('reports that the %s is down, stays alive, and recovers', async (name, line) => {
  const down = {
    status: 503,
    body: {
      status: 'down',
      checks: { ...ALL_WELL.checks, [name]: 'down' },
      erasures: name === 'database' ? 'unknown' : 'ok',
    },
  };

  await product[line].disconnect();

  expect(await ask('/readyz')).toEqual(down);
  expect(await ask('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  await product[line].restore();
  await expect.poll(() => ask('/readyz')).toEqual({ status: 200, body: ALL_WELL });

  product[line].stall();

  expect(await ask('/readyz')).toEqual(down);
  expect(await ask('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  await product[line].restore();
  await expect.poll(() => ask('/readyz')).toEqual({ status: 200, body: ALL_WELL });
});

test('reports all failing dependencies at once', async () => {
  for (const line of [product.database, product.bucket, product.gateway]) await line.disconnect();

  const { status, body } = await ask('/readyz');

  expect(status).toBe(503);
  expect(body).toMatchObject({ checks: { database: 'down', bucket: 'down', imageApi: 'down' } });
});

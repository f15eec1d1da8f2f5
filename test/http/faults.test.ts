import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import { type ProxiedProduct, startProxiedProduct } from '../support/proxied-product.ts';

const SECRET = `whsec_${Buffer.alloc(24, 'faults').toString('base64')}`;

let product: ProxiedProduct;
beforeAll(async () => {
  product = await startProxiedProduct({ CALLBACK_SECRET: SECRET });
  await product.database.disconnect();
});
afterAll(async () => {
  await product.database.restore();
  await product.close();
});

test("does not reveal the database's message when a request other than GraphQL fails", async () => {
  const error = { code: 'PHOTO_UNREADABLE', message: 'It is cut.' };
  const body = JSON.stringify({ type: 'photo.failed', photoId: randomUUID(), error });
  const headers = {
    'webhook-id': 'message',
    'webhook-timestamp': `${Math.floor(Date.now() / 1000)}`,
    'webhook-signature': new Webhook(SECRET).sign('message', new Date(), body),
  };
  const answer = await fetch(product.url + CALLBACK_PATH, { method: 'POST', body, headers });

  expect([answer.status, await answer.json()]).toEqual([
    503,
    { message: 'The service is temporarily unavailable. Try again in 5 seconds.' },
  ]);
});

test('metrics are available while the database is down, except those from it', async () => {
  const answer = await fetch(`${product.url}/metrics`);
  const text = await answer.text();

  expect(answer.status).toBe(200);
  expect(text).toContain('portrait_database_connections{');
  expect(text).not.toContain('portrait_jobs{');
});

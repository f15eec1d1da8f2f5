import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signUp } from '../support/client.ts';
import {
  requestPresignedPost,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { captureLog, type Log } from '../support/log.ts';
import { makePhoto } from '../support/photos.ts';
import { startProduct } from '../support/product.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';

let log: Log;
beforeAll(() => {
  log = captureLog();
});
afterAll(() => log.release());

/** A collector that alternates between not responding and resetting connections. */
async function aBadCollector() {
  let calls = 0;
  const server = createServer((request) => {
    calls++;
    if (calls % 2 > 0) request.resume();
    else request.socket.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    close: () => server.closeAllConnections(),
  };
}

test('with a failing collector photos arrive by both routes, the log reports it once, and the product stops in time', async () => {
  const collector = await aBadCollector();
  const product = await startProduct({
    LOG_LEVEL: 'warn',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  const lost = () => log.text().split('Traces cannot be exported').length - 1;
  const person = await signUp(product);

  await uploadSmallPhoto(person);
  const form = await requestPresignedPost(person);
  await sendPresignedPost(form, await makePhoto());
  await waitForStatus(person, form.photo.id, 'READY');

  await expect.poll(lost, { timeout: 15_000 }).toBe(1);
  expect(collector.calls()).toBeGreaterThan(1);
  await person.query('{ me { id } }');
  await product.close();
  expect(lost()).toBe(1);
  collector.close();
}, 60_000);

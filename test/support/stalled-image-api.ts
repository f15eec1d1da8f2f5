import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ProcessedPhoto } from '../../contract/image-api.ts';

/** Starts an image API that delays its response until `respond` is called. */
export async function openStalledImageApi() {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const photoId = request.url?.match(/^\/images\/([\w-]+)/)?.[1];
    request.resume();
    if (photoId) {
      arrived.resolve();
      await released.promise;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...PROCESSED, photoId }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  return {
    /** Settings of a product that uses it. */
    env: {
      IMAGE_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'of',
      AWS_SECRET_ACCESS_KEY: 'tests',
    },
    /** Resolves when a photo has arrived. */
    requested: arrived.promise,
    respond: released.resolve,
  };
}

const PROCESSED: Omit<ProcessedPhoto, 'photoId'> = {
  width: 300,
  height: 300,
  variants: [
    { name: 'master', width: 300, height: 300, format: 'webp', bytes: 1_000, blurred: false },
  ],
  crop: { strategy: 'CENTRE', x: 0, y: 0, width: 1, height: 1 },
  placeholder: 'AAAA',
  dominantColor: '#808080',
};

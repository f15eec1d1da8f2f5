import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/**
 * Serves an AWS service to the SDK clients of this process until the test ends.
 *
 * @param name suffix of the SDK's setting: `S3` for `AWS_ENDPOINT_URL_S3`
 */
export async function serveAws(name: string, answer: RequestListener) {
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  vi.stubEnv(`AWS_ENDPOINT_URL_${name}`, `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'of');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'tests');
}

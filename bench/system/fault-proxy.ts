import { once } from 'node:events';
import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

const SLOW_DOWN =
  '<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>';

/** Proxy in front of the bucket. While it is `down`, it responds 503 SlowDown, like S3 under overload. */
export async function startFaultProxy(endpoint: string) {
  const state = { down: false, endpoint };
  const server = createServer((request, response) => {
    if (state.down) {
      request.resume();
      response.writeHead(503, { 'content-type': 'application/xml' }).end(SLOW_DOWN);
      return;
    }
    const { method, headers, url } = request;
    const upstream = sendRequest(state.endpoint + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
}

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy in front of a bucket that responds 503, as S3 does under load, to the requests selected by `fault`. */
export async function openFaultProxy(endpoint: string) {
  type Fault = (request: { method: string; url: string }) => boolean | Promise<boolean>;
  const state: { fault: Fault } = { fault: () => false };
  const server = createServer(async (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    if (await state.fault({ method, url })) {
      incoming.resume();
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
      return;
    }
    const onward = request(new URL(url, endpoint), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

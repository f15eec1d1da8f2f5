/** A proxy in front of a real bucket that rejects writes of some objects. */

import { once } from 'node:events';
import { createServer, request } from 'node:http';

export async function breakPuts(endpoint: string, refused: RegExp) {
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'PUT' && refused.test(incoming.url ?? '')) {
      incoming.resume();
      // Not a retryable status.
      outgoing.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    const { method, headers } = incoming;
    const onward = request(
      new URL(incoming.url ?? '/', endpoint),
      { method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { endpoint: `http://127.0.0.1:${port}`, close: () => server.close() };
}

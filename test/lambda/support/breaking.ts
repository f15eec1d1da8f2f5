/** A bucket some of whose objects cannot be written: passes all else on to a real one. */

import { once } from 'node:events';
import { createServer, request } from 'node:http';

export async function breakPuts(endpoint: string, refused: RegExp) {
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'PUT' && refused.test(incoming.url ?? '')) {
      incoming.resume();
      // Not among what is tried again.
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

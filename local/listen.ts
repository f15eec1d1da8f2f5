import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Time for running responses when a server closes. */
const GRACE_MS = 1_000;

/** Connections of one server: browsers open six each. */
const MAX_CONNECTIONS = 256;
/** Requests per connection without a response: browsers and proxies wait for each; a second may overlap its end. */
const MAX_PIPELINED = 2;

/**
 * Opens the server. Port 0 takes a free one; `setting` is the name of the setting with the port, for error messages.
 * Closing ends idle connections immediately and running responses after a second.
 */
export async function listen(
  server: Server,
  { host, port, setting }: { host: string; port: number; setting?: string },
) {
  server.maxConnections = MAX_CONNECTIONS;
  limitPipelining(server);
  try {
    await once(server.listen({ host, port }), 'listening');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    const otherwise = setting ? `, or set ${setting} to another port` : '';
    const message = `Port ${port} on ${host} is taken. Stop what listens there${otherwise}.`;
    throw new Error(message, { cause });
  }

  const address = server.address();
  const open = address !== null && typeof address === 'object' ? address.port : port;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return {
    url: `http://${name.includes(':') ? `[${name}]` : name}:${open}`,
    async close() {
      const deadline = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(deadline);
    },
  };
}

/** Disconnects a client that sends requests without reading responses, which would be buffered in memory. */
function limitPipelining(server: Server) {
  const unanswered = new WeakMap<Socket, number>();
  server.prependListener('request', ({ socket }, response) => {
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    if (count > MAX_PIPELINED) socket.destroy();
  });
}

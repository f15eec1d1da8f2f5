import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** ms that answers under way get when a server closes. */
const GRACE = 1_000;

/** Connections of one server: browsers open six each. */
const MAX_CONNECTIONS = 256;
/** Unanswered requests of one connection: browsers and proxies wait for each response; a second may overlap its end. */
const MAX_PIPELINED = 2;

/**
 * Opens the server. Port 0 takes a free one; `setting` is the name under which people change the port.
 * Closing ends kept-alive connections at once and answers under way after a second.
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
      const deadline = setTimeout(() => server.closeAllConnections(), GRACE);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(deadline);
    },
  };
}

/** Cuts off a client that sends requests without reading responses: each would hold what it is answered with. */
function limitPipelining(server: Server) {
  const unanswered = new WeakMap<Socket, number>();
  server.prependListener('request', ({ socket }, response) => {
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    if (count > MAX_PIPELINED) socket.destroy();
  });
}

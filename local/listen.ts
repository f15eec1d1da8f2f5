import { once } from 'node:events';
import type { Server } from 'node:http';

/** ms that answers under way get when a server closes. */
const GRACE = 1_000;

/**
 * Opens the server. Port 0 takes a free one; `setting` is the name under which people change the port.
 * Closing ends kept-alive connections at once and answers under way after a second.
 */
export async function listen(
  server: Server,
  { host, port, setting }: { host: string; port: number; setting?: string },
) {
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

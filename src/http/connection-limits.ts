import { AsyncResource } from 'node:async_hooks';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Limits of the connections of one process. */
export const CONNECTIONS = {
  /**
   * Each is a file descriptor, and has a second one while it is sent a file: 8,000 of the 65,536 that the systemd unit
   * allows. 2,000 may be WebSockets.
   */
  total: 4_000,
  /** Requests per connection without a response. Browsers and proxies send one after the other. */
  pipelined: 20,
  /** A connection is closed when the client reads nothing of a response for this long. */
  unreadMs: 30_000,
} as const;

type Limits = Readonly<Record<'pipelined' | 'unreadMs', number>>;

/**
 * Limits the resources of a connection: its requests are handled one after the other, as HTTP/1.1 answers them, and a
 * response that is not read closes it. Must precede other hooks.
 */
export function limitConnections(
  server: FastifyInstance,
  { pipelined, unreadMs }: Limits = CONNECTIONS,
) {
  // More are closed when they are accepted, before the process runs out of file descriptors.
  server.server.maxConnections = CONNECTIONS.total;
  const queues = new WeakMap<Socket, (() => void)[]>();

  server.addHook('onRequest', ({ raw: { socket } }, reply, done) => {
    // Node.js goes on parsing what a destroyed connection had sent: 1,600 requests in one chunk of 64 KiB.
    if (socket.destroyed) return;
    const queue = queues.get(socket) ?? [];
    queues.set(socket, queue);
    if (queue.length >= pipelined) return void socket.destroy();

    // The request in progress comes first. A later one must not run in the trace context of the one before.
    queue.push(queue.length === 0 ? done : AsyncResource.bind(() => done()));
    reply.raw.once('close', () => {
      queue.shift();
      if (!socket.destroyed) queue[0]?.();
    });
    if (queue.length === 1) done();
  });
  server.addHook('onSend', async ({ raw }) => {
    // Each write that makes progress restarts it; after the response Node.js replaces it by the keep-alive timeout.
    raw.socket.setTimeout(unreadMs);
  });
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Time without a byte in either direction after which an upgrade that was neither accepted nor rejected is closed. */
const IDLE_TIMEOUT_MS = 15_000;

/**
 * Whether a request leaves HTTP/1.1. Java's HttpClient and `curl --http2` offer `h2c` with an ordinary request; a server
 * ignores a protocol that it does not speak (RFC 9110, 7.8). Node.js below 22.21 and 24.9 has no such option and hands
 * over these connections, too: they get the response of a rejected upgrade.
 *
 * @see https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener
 */
export const shouldUpgradeCallback = ({ headers }: IncomingMessage) =>
  headers.upgrade?.toLowerCase() === 'websocket';

/** Responds to a path that cannot be decoded or matched, which no hook sees. Closes the connection, upgraded or not. */
export function refusePath(error: FastifyError, { raw }: FastifyRequest, reply: FastifyReply) {
  const { code, message, statusCode = 400 } = error;
  const body = JSON.stringify({ error: 'Bad Request', code, message, statusCode });
  const headers = { 'content-type': 'application/json; charset=utf-8', connection: 'close' };
  // Without a limit, a client that does not read would keep the connection open.
  raw.socket.setTimeout(IDLE_TIMEOUT_MS, () => raw.socket.destroy());
  reply.hijack();
  reply.raw.once('finish', () => raw.socket.destroySoon());
  reply.raw.writeHead(statusCode, headers).end(body);
}

/**
 * Closes the connection of a rejected upgrade. Node.js detaches the socket when it emits `upgrade`, so no limit of the
 * HTTP server applies to it any more, and an open one would delay shutdown.
 */
export function closeRefusedUpgrades(server: FastifyInstance) {
  const upgraded = new WeakSet<Duplex>();
  server.server.on('upgrade', ({ socket }: IncomingMessage) => {
    upgraded.add(socket);
    // For rejections that bypass the hook below. ws removes the timeout when it accepts a WebSocket.
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
  });
  server.addHook('onRequest', ({ raw }, reply, done) => {
    if (upgraded.has(raw.socket)) {
      // An accepted WebSocket uses neither: @fastify/websocket writes to the socket itself.
      reply.header('connection', 'close');
      reply.raw.once('finish', () => raw.socket.destroySoon());
    }
    done();
  });
}

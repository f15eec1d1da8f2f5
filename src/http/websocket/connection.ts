import type { WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import type { WebSocket as ProtocolSocket } from 'graphql-ws';
import { MESSAGES, type Sockets, tokenBucket } from './sockets.ts';

/** Buffered for a client that does not read. An event has 500 bytes. */
const MAX_BUFFERED_BYTES = 256 * 1024;

/** Interval of pings; a client that has not answered by the next one is disconnected. */
const PING_INTERVAL_MS = 12_000;

/** Time for the client to answer the close frame. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Close codes: those of graphql-transport-ws, and of RFC 6455. Clients reconnect after the last one only. */
export const CLOSE = {
  unauthorized: 4401,
  subprotocol: 4406,
  tooMany: 4429,
  failed: 4500,
  tryAgainLater: 1013,
} as const;

/** One WebSocket, within its limits. */
export type Connection = ReturnType<typeof openConnection>;

/** Limits the messages of a WebSocket, detects a lost client, and counts operations in progress. */
export function openConnection(socket: WebSocket, request: FastifyRequest, sockets: Sockets) {
  const closing = new AbortController();
  // Anonymous connections have separate limits: their documents are not parsed.
  let isWithinRate = tokenBucket(MESSAGES);
  const close = (code: number, reason: string) => closeSocket(socket, code, reason);
  const limit = () => {
    if (!isWithinRate()) {
      close(CLOSE.tooMany, `Too many messages: at most ${MESSAGES.perSecond} in a second.`);
    } else if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
  };
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, limit);
  const stopPings = pingRegularly(socket);
  socket.once('close', () => {
    stopPings();
    closing.abort();
  });

  const protocolSocket: ProtocolSocket = {
    protocol: socket.protocol,
    close,
    send: (data) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== socket.OPEN) return resolve();
        socket.send(data, (error) => (error ? reject(error) : resolve()));
      }),
    onMessage(handle) {
      socket.on('message', async (data) => {
        // Messages after the close frame are ignored.
        if (socket.readyState !== socket.OPEN) return;
        // An operation is handled until its last event has been sent; other messages take no time.
        sockets.counts.operations++;
        try {
          await handle(String(data));
        } catch (error) {
          if (closing.signal.aborted) return;
          request.log.error({ err: error }, 'A WebSocket message failed.');
          close(CLOSE.failed, 'Something failed on our side; it is in our log.');
        } finally {
          sockets.counts.operations--;
        }
      });
    },
  };

  const limitBy = (rate: () => boolean) => {
    isWithinRate = rate;
  };
  return { request, close, limitBy, protocolSocket, closed: closing.signal };
}

/** Ends a WebSocket, also of a client that does not answer. */
export function closeSocket(socket: WebSocket, code: number, reason: string) {
  if (socket.readyState !== socket.OPEN) return;
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
  socket.once('close', () => clearTimeout(timer));
}

function pingRegularly(socket: WebSocket) {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, PING_INTERVAL_MS);
  return () => clearInterval(timer);
}

import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Product } from './product.ts';

type Message = Record<string, unknown> & { type: string };

/** A WebSocket whose messages the test writes itself. */
interface RawSocket {
  send(message: object | string): void;
  /** Everything received so far. */
  messages: Message[];
  /** Resolves when the server has closed it. */
  closed: Promise<{ code: number; reason: string }>;
  close(): void;
}

interface Options {
  protocols?: string[];
  headers?: Record<string, string>;
  /** Payload of `connection_init`, which is sent immediately; undefined: not sent. */
  params?: object;
}

/** Opens a WebSocket and waits until it is open, and acknowledged if it has parameters. */
export async function openRaw({ url }: Pick<Product, 'url'>, options: Options = {}) {
  const { protocols = ['graphql-transport-ws'], headers = {}, params } = options;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, { protocols, headers });
  const messages: Message[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(JSON.parse(String(data))));
  const closed = once(socket, 'close').then(([{ code, reason }]) => ({ code, reason }));
  onTestFinished(() => socket.close());
  await once(socket, 'open');
  const send = (message: object | string) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  if (params) {
    send({ type: 'connection_init', payload: params });
    await Promise.race([once(socket, 'message'), closed]);
  }
  return { send, messages, closed, close: () => socket.close() } satisfies RawSocket;
}

/** Requests an upgrade, and returns the server's response. */
export async function upgrade(
  { url }: Pick<Product, 'url'>,
  headers: Record<string, string> = {},
  path = '/graphql',
) {
  const request = http.get(url + path, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      'sec-websocket-protocol': 'graphql-transport-ws',
      ...headers,
    },
  });
  const accepted = once(request, 'upgrade').then(([response, socket]) => {
    onTestFinished(() => socket.destroy());
    return { status: Number(response.statusCode), headers: response.headers, body: '' };
  });
  const refused = once(request, 'response').then(async ([response]) => ({
    status: Number(response.statusCode),
    headers: response.headers,
    body: await text(response),
  }));
  accepted.catch(() => {});
  refused.catch(() => {});
  return Promise.race([accepted, refused]);
}

/** A subscription to one photo, as a message. */
export const subscribe = (id: string, query: string, variables: object = {}) => ({
  type: 'subscribe',
  id,
  payload: { query, variables },
});

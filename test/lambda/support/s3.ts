/** A scripted S3 server: stores objects and records requests. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Sent {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** Responds to one request. */
export type Reply = (response: ServerResponse, request: IncomingMessage) => void;

export const CREDENTIALS = { accessKeyId: 'AKOFTESTS', secretAccessKey: 'of tests' };

export const ok =
  (body = 'whole'): Reply =>
  (response) =>
    response.end(body);

export const refuse =
  (status: number, code?: string): Reply =>
  (response) =>
    response.writeHead(status).end(code && `<Error><Code>${code}</Code></Error>`);

/** Resets the connection. */
export const reset: Reply = (_, { socket }) => socket.destroy();

/** Announces a body and resets the connection halfway. */
export const cut: Reply = (response) => {
  response.writeHead(200, { 'content-length': 10 });
  response.write('01234', () => response.socket?.destroy());
};

export async function startS3() {
  /** Next responses; then requests succeed. */
  const replies: Reply[] = [];
  const requests: Sent[] = [];
  const sockets: Socket[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers, body: await buffer(request) });
    const reply = replies.shift() ?? ok();
    reply(response, request);
  });
  server.on('connection', (socket) => sockets.push(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    place: { region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, bucket: 'photos' },
    replies,
    requests,
    /** Of every connection. */
    sockets,
    forget() {
      for (const list of [replies, requests, sockets]) list.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

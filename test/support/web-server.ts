import { once } from 'node:events';
import http, { type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A stranger's web server on this machine, on a port of its own; with a certificate it speaks https. */
export async function startWebServer(
  answer: RequestListener,
  certificate?: { cert: string; key: string },
) {
  const server = certificate ? https.createServer(certificate, answer) : http.createServer(answer);
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    /** Connections that were ever made. */
    connectionCount: () => sockets.length,
    /** Resolves when the visitors have hung up all their connections. */
    allDisconnected: () =>
      Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close'))),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export const PHOTO = Buffer.from('a photo');

/** Sends visitors of `/` to the first location, those of `/1` to the second and so on; at the end is the photo. */
export const redirectTo =
  (...locations: string[]): RequestListener =>
  (request, response) => {
    const location = locations[Number(request.url?.match(/\d+$/) ?? 0)];
    if (location === undefined) response.end(PHOTO);
    else response.writeHead(302, { location }).end('Over there.');
  };

/** Puts these lines on the wire, whatever they are, and hangs up. */
export const respondRaw =
  (...lines: string[]): RequestListener =>
  ({ socket }) =>
    socket.end(lines.join('\r\n'));

/** Writes a little for as long as anyone listens. */
export function respondSlowly(response: ServerResponse) {
  const dripping = setInterval(() => response.write('a few bytes'), 5);
  response.on('close', () => clearInterval(dripping));
}

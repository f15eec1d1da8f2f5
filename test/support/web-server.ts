import { once } from 'node:events';
import http, { type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** Starts a remote web server on a free loopback port; with a certificate it serves HTTPS. */
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
    /** Number of connections ever accepted. */
    connectionCount: () => sockets.length,
    /** Resolves when the clients have closed all connections. */
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

/** Redirects `/` to the first location, `/1` to the second and so on; the last one serves the photo. */
export const redirectTo =
  (...locations: string[]): RequestListener =>
  (request, response) => {
    const location = locations[Number(request.url?.match(/\d+$/) ?? 0)];
    if (location === undefined) response.end(PHOTO);
    else response.writeHead(302, { location }).end('Over there.');
  };

/** Sends these lines unparsed and closes the connection. */
export const respondRaw =
  (...lines: string[]): RequestListener =>
  ({ socket }) =>
    socket.end(lines.join('\r\n'));

/** Writes a few bytes every 5 ms until the client disconnects. */
export function respondSlowly(response: ServerResponse) {
  const dripping = setInterval(() => response.write('a few bytes'), 5);
  response.on('close', () => clearInterval(dripping));
}

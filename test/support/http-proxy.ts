import { once } from 'node:events';
import {
  request as ask,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a go-between may do to those who come by. */
export interface ProxyOverrides {
  /** Answers by itself, when it gives a status. */
  answer?: (request: IncomingMessage) => { status: number; body: string | Uint8Array } | undefined;
  /** Changes the path and query with which a request is passed on; `url` stays the client's for `answer`. */
  rewrite?: (url: string) => string;
  /** Changes the headers of answers. */
  headers?: HeaderChange;
}

type HeaderChange = (headers: OutgoingHttpHeaders) => void;

/** Something between the doctor and a server; it passes on everything as it is until it is told to meddle. */
export async function startHttpProxy(target: string) {
  let meddling: ProxyOverrides = {};
  const server = createServer((request, response) => {
    const own = meddling.answer?.(request);
    if (own) {
      request.resume();
      response.writeHead(own.status).end(own.body);
      return;
    }
    const { method, headers, url = '' } = request;
    const onward = ask(
      new URL(meddling.rewrite?.(url) ?? url, target),
      { method, headers },
      (answer) => {
        const given: OutgoingHttpHeaders = { ...answer.headers };
        meddling.headers?.(given);
        response.sendDate = false;
        response.writeHead(answer.statusCode ?? 500, given);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    override(how: ProxyOverrides) {
      meddling = how;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export type HttpProxy = Awaited<ReturnType<typeof startHttpProxy>>;

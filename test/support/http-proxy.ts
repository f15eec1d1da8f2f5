import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as sendRequest,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a proxy changes requests and responses. */
export interface ProxyOverrides {
  /** Answers in place of the target if it returns a response. */
  answer?: (request: IncomingMessage) => { status: number; body: string | Uint8Array } | undefined;
  /** Changes the path and query of the forwarded request; `answer` still receives the client's `url`. */
  rewrite?: (url: string) => string;
  /** Changes the response headers. */
  headers?: HeaderChange;
}

type HeaderChange = (headers: OutgoingHttpHeaders) => void;

/** Starts an HTTP proxy that forwards everything unchanged until `override` is called. */
export async function startHttpProxy(target: string) {
  let overrides: ProxyOverrides = {};
  const server = createServer((request, response) => {
    const replacement = overrides.answer?.(request);
    if (replacement) {
      request.resume();
      response.writeHead(replacement.status).end(replacement.body);
      return;
    }
    const { method, headers, url = '' } = request;
    const forwarded = sendRequest(
      new URL(overrides.rewrite?.(url) ?? url, target),
      { method, headers },
      (answer) => {
        const responseHeaders: OutgoingHttpHeaders = { ...answer.headers };
        overrides.headers?.(responseHeaders);
        response.sendDate = false;
        response.writeHead(answer.statusCode ?? 500, responseHeaders);
        answer.pipe(response);
      },
    );
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    override(next: ProxyOverrides) {
      overrides = next;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export type HttpProxy = Awaited<ReturnType<typeof startHttpProxy>>;

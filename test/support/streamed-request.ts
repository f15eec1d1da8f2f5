import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { GraphqlAnswer } from './client.ts';
import type { Product } from './product.ts';

const BOUNDARY = 'xxxxxxxx';

/** What makes a browser ask first. */
export const PREFLIGHT = { 'apollo-require-preflight': 'true' };

/** Part of a multipart body; a file when it has a file name. */
export interface Part {
  name: string;
  content: string | Uint8Array;
  filename?: string;
}

/** A multipart body, byte for byte. Without its end it is cut off where the next part would begin. */
export function multipart(parts: Part[], { ends = true } = {}): Uint8Array<ArrayBuffer> {
  const pieces = parts.flatMap(({ name, content, filename }) => [
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"\r\ncontent-type: image/jpeg`,
    '\r\n\r\n',
    content,
    '\r\n',
  ]);
  const all = [...pieces, ends ? `--${BOUNDARY}--\r\n` : ''];
  return new Uint8Array(Buffer.concat(all.map((piece) => Buffer.from(piece))));
}

/** The three parts of an upload: operation, map and file. */
export const uploadParts = (query: string, photo: string | Uint8Array): [Part, Part, Part] => [
  { name: 'operations', content: JSON.stringify({ query, variables: { file: null } }) },
  { name: 'map', content: '{"0":["variables.file"]}' },
  { name: '0', filename: 'photo.jpg', content: photo },
];

export interface StreamedRequest {
  /** Resolves when these bytes have left, or never will. */
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
  /** Hangs up in the middle, as a phone in a tunnel does. */
  abort(): void;
  /** May come before the body has ended. */
  answer: Promise<GraphqlAnswer<unknown>>;
  /** Resolves when both sides are done with it. */
  closed: Promise<unknown>;
}

/** A POST whose body the test sends piece by piece. */
export function openStreamedRequest(
  product: Product,
  headers: Record<string, string> = {},
): StreamedRequest {
  // Kept alive, as browsers do: the server must not end what the client is still sending on.
  const agent = new http.Agent({ keepAlive: true });
  const request = http.request(`${product.url}/graphql`, {
    method: 'POST',
    agent,
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
  });
  const closed = new Promise<void>((resolve) => request.once('close', resolve));
  void closed.then(() => agent.destroy());
  // Who aborts expects no answer, and who is cut off has had it.
  request.on('error', () => {});
  const answer = once(request, 'response').then(([response]) => readAnswer(response));
  answer.catch(() => {});
  return {
    answer,
    closed,
    async write(bytes) {
      const left = new Promise((resolve) => request.write(bytes, resolve));
      await Promise.race([left, closed]);
    },
    end: () => request.end(),
    abort: () => request.destroy(),
  };
}

async function readAnswer(response: IncomingMessage): Promise<GraphqlAnswer<unknown>> {
  const body = JSON.parse(await text(response));
  return { data: null, errors: [], ...body, status: response.statusCode };
}

/** Sends a whole body, and gives what is answered. */
export async function sendBody(
  product: Product,
  body: Uint8Array,
  headers: Record<string, string> = PREFLIGHT,
) {
  const wire = openStreamedRequest(product, headers);
  void wire.write(body);
  wire.end();
  return wire.answer;
}

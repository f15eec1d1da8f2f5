import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { GraphqlAnswer } from './client.ts';
import type { Product } from './product.ts';

const BOUNDARY = 'xxxxxxxx';

/** Header that makes a browser send a CORS preflight. */
export const PREFLIGHT = { 'apollo-require-preflight': 'true' };

/** Part of a multipart body; with a file name, a file. */
export interface Part {
  name: string;
  content: string | Uint8Array;
  filename?: string;
}

/** Encodes a multipart body. Without `ends`, it stops where the next part would begin. */
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
  /** Resolves when the bytes are sent or the connection is closed. */
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
  /** Closes the connection mid-request, as a phone that loses its network. */
  abort(): void;
  /** The response; may arrive before the body ends. */
  answer: Promise<GraphqlAnswer<unknown>>;
  /** Resolves when the request is closed. */
  closed: Promise<unknown>;
}

/** Opens a POST whose body the test sends in chunks. */
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
  // An aborted request has no response, and a rejected one has its response already.
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

/** Sends a whole body. @returns the response */
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

import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { PresignedPost } from '@aws-sdk/s3-presigned-post';

/** A part of a form: a field, or a file when it has a file name. */
export interface Part {
  name: string;
  value: string | Buffer;
  filename?: string;
}

const BOUNDARY = 'portrait-test-boundary';

/** A form as sent by a browser: the fields in order, the file last. */
export const browserForm = (fields: Record<string, string>, photo: Buffer | string): Part[] => [
  ...Object.entries(fields).map(([name, value]) => ({ name, value })),
  { name: 'file', value: photo, filename: 'me.jpg' },
];

export function writeForm(parts: Part[]): Buffer {
  const written = parts.flatMap(({ name, value, filename }) => {
    const file =
      filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: image/png`;
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  return Buffer.concat([...written, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

export interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: string;
  /** S3's code of the error, if it is one. */
  code: string | undefined;
  message: string | undefined;
}

/** Starts a form; the caller writes its body. */
export const beginForm = (url: string, headers: Record<string, string | number> = {}) =>
  httpRequest(url, {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
  });

export async function sendForm(url: string, parts: Part[], headers = {}): Promise<Answer> {
  const body = writeForm(parts);
  const request = beginForm(url, { 'content-length': body.length, ...headers });
  request.end(body);
  return readAnswer(request);
}

/** Fills in the form that a presigned POST describes, and sends it. */
export const post = ({ url, fields }: PresignedPost, photo: Buffer | string) =>
  sendForm(url, browserForm(fields, photo));

export async function readAnswer(request: ClientRequest): Promise<Answer> {
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('There is no response.');
  const body = await text(response);
  const element = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(body)?.[1];
  return {
    status: response.statusCode,
    headers: response.headers,
    body,
    code: element('Code'),
    message: element('Message'),
  };
}

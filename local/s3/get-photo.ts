import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { CACHE_CONTROL } from '../../contract/keys.ts';

interface Shown {
  client: S3Client;
  bucket: string;
  /** The only public folder, with a final slash. */
  folder: string;
}

/** Sends one photo, as CloudFront does on AWS: `GET` and `HEAD` of one folder. */
export async function sendPhoto(
  request: IncomingMessage,
  response: ServerResponse,
  { client, bucket, folder }: Shown,
) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return refuse(response, 405);
  }
  const key = readKey(request, folder);
  if (key === undefined) return refuse(response, 404);
  await sendObject(client, { Bucket: bucket, Key: key }, { request, response });
}

/** Public keys are plain: paths that need decoding or resolving (`%2e`, `..`, `\`) do not match. */
function readKey({ url = '' }: IncomingMessage, folder: string) {
  const [path = ''] = url.split('?');
  const isPlain = /^(\/[\w-][\w.-]*)+$/.test(path);
  return isPlain && path.startsWith(`/${folder}`) ? path.slice(1) : undefined;
}

async function sendObject(
  client: S3Client,
  object: { Bucket: string; Key: string },
  { request, response }: { request: IncomingMessage; response: ServerResponse },
) {
  try {
    const found = await client.send(
      request.method === 'HEAD' ? new HeadObjectCommand(object) : new GetObjectCommand(object),
    );
    const body = 'Body' in found && found.Body instanceof Readable ? found.Body : Readable.from([]);
    response.setHeader('cache-control', CACHE_CONTROL);
    response.setHeader('etag', found.ETag ?? '');
    if (isCached(found.ETag, request.headers['if-none-match'])) {
      body.destroy();
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, {
      'content-type': found.ContentType ?? 'application/octet-stream',
      'content-length': found.ContentLength,
      'content-disposition': 'inline',
    });
    await pipeline(body, response);
  } catch (error) {
    // Part of the photo has been sent: only a closed connection shows the browser that it is incomplete.
    if (response.headersSent) response.destroy();
    else refuse(response, isMissing(error) ? 404 : 503);
  }
}

/** Whether the browser has this version cached (RFC 9110, 13.1.2: weak comparison). */
function isCached(etag: string | undefined, ifNoneMatch: string | undefined) {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return etag !== undefined && (tags.includes(etag) || tags.includes('*'));
}

const isMissing = (error: unknown) =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;

function refuse(response: ServerResponse, status: 404 | 405 | 503) {
  // Errors must not be cached: the photo may exist a moment later.
  response.writeHead(status, { 'cache-control': 'no-store', 'content-type': 'text/plain' });
  response.end(`${STATUS_TEXT[status]}\n`);
}

const STATUS_TEXT = {
  404: 'There is no such photo.',
  405: 'Photos can only be read.',
  503: 'Photos cannot be read at the moment.',
};

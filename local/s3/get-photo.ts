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
  /** The only folder that is shown; it ends in a slash. */
  folder: string;
}

/** Shows one photo, as CloudFront does on AWS: `GET` and `HEAD` of one folder. */
export async function showPhoto(
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

/** Keys that are shown are plain words: what has to be decoded or resolved (`%2e`, `..`, `\`) names none of them. */
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
    if (isKnown(found.ETag, request.headers['if-none-match'])) {
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
    // Half a picture is on its way: only a cut connection tells the browser that it is not the whole.
    if (response.headersSent) response.destroy();
    else refuse(response, isMissing(error) ? 404 : 503);
  }
}

/** Whether the browser holds this very object (RFC 9110, 13.1.2: weak comparison). */
function isKnown(etag: string | undefined, ifNoneMatch: string | undefined) {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return etag !== undefined && (tags.includes(etag) || tags.includes('*'));
}

const isMissing = (error: unknown) =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;

function refuse(response: ServerResponse, status: 404 | 405 | 503) {
  // An error must not be remembered: the photo may be there a moment later.
  response.writeHead(status, { 'cache-control': 'no-store', 'content-type': 'text/plain' });
  response.end(`${STATUS_TEXT[status]}\n`);
}

const STATUS_TEXT = {
  404: 'There is no such photo.',
  405: 'Photos can only be read.',
  503: 'Photos cannot be read at the moment.',
};

/** `npm run event`: prints an event as AWS would send it, for `npm run invoke`. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { temporaryKey } from '../contract/keys.ts';
import { imagePath } from '../contract/routes.ts';
import { writeEvent } from './api-gateway/event.ts';
import { s3Event } from './s3/event.ts';
import { sqsEventOf } from './sqs/sqs-event.ts';

const USAGE = `npm run --silent event -- put [--key temp/{photoId}] [--bucket name] [--size bytes]
npm run --silent event -- http --file photo.jpg [--id photoId] [--crop word]
`;

const { PHOTO_BUCKET = 'portrait', AWS_REGION: region = 'us-east-1' } = process.env;

try {
  process.stdout.write(`${JSON.stringify(await readCommand(), null, 2)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exitCode = 2;
}

async function readCommand(): Promise<object> {
  const text = { type: 'string' } as const;
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { key: text, bucket: text, size: text, file: text, id: text, crop: text },
  });
  switch (positionals[0]) {
    case 'put':
      return uploadEvent(values);
    case 'http':
      return callEvent(values);
    default:
      throw new Error('Name an event.');
  }
}

/** The event of a direct upload: S3's event in a queue message. */
function uploadEvent({ key = temporaryKey(randomUUID()), bucket = PHOTO_BUCKET, size = '0' }) {
  const eTag = randomUUID().replaceAll('-', '');
  return sqsEventOf(
    [JSON.stringify(s3Event({ bucket, key, size: Number(size), eTag, region }))],
    region,
  );
}

/** The event of a call of the image API with a file as its body. */
async function callEvent({
  file = '',
  id,
  crop = '',
}: {
  file?: string;
  id?: string;
  crop?: string;
}) {
  const photoId = id ?? randomUUID();
  const path = imagePath(photoId);
  const query = new URLSearchParams(crop && { crop });
  const request = {
    method: 'POST',
    url: crop ? `${path}?${query}` : path,
    headers: { 'content-type': 'application/octet-stream', host: 'localhost' },
    httpVersion: '1.1',
    socket: { remoteAddress: '127.0.0.1' },
  };
  const body = await readFile(file);
  return writeEvent(request, body, { path, query, photoId, accessKey: 'LOCAL' });
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { S3Client } from '@aws-sdk/client-s3';
import { answerPreflight, EXPOSED } from './cors.ts';
import { S3Error, sendError } from './error.ts';
import { type Fields, readForm } from './multipart-form.ts';
import { checkPolicy } from './policy.ts';
import { checkSignature, readField } from './policy-signature.ts';
import { type StoredObject, storeFile } from './put-object.ts';
import { sendXml } from './xml.ts';

export interface Uploads {
  /**
   * Called for every object before its sender gets a response: success implies that the event is on its way.
   * If it fails the response asks the sender to retry.
   */
  onStored: (object: StoredObject) => Promise<void>;
  /** Logs internal errors, one line each. */
  log: (line: string) => void;
}

interface Target {
  client: S3Client;
  bucket: string;
}

const ROOT = /^\/([^/?]+)\/?(?:\?|$)/;

/** Whether the request is a form post to a bucket, or its preflight. */
export const isUpload = ({ method = '', url = '' }: IncomingMessage) =>
  ['POST', 'OPTIONS'].includes(method) && ROOT.test(url);

/** Implements S3's `POST /{bucket}` for presigned POSTs, and its preflight for any origin. */
export async function answerUpload(
  request: IncomingMessage,
  response: ServerResponse,
  { client, bucket, onStored, log }: Target & Uploads,
) {
  try {
    if (request.method === 'OPTIONS') return answerPreflight(request, response);
    response.setHeader('access-control-expose-headers', EXPOSED);
    const { object, fields } = await takeForm(request, { client, bucket });
    await onStored(object);
    sendSuccess(response, { ...object, bucket, host: request.headers.host, fields });
  } catch (error) {
    if (!(error instanceof S3Error)) log(`An upload failed: ${error}`);
    sendError(response, error);
  }
}

async function takeForm(request: IncomingMessage, { client, bucket }: Target) {
  const [, name] = ROOT.exec(request.url ?? '') ?? [];
  if (name !== bucket) {
    const message = 'The specified bucket does not exist';
    throw new S3Error('NoSuchBucket', message, { BucketName: name ?? '' });
  }
  const form = readForm(request);
  try {
    const { fields, file } = await form.head;
    const key = readKey(fields);
    await checkSignature(fields, client);
    const allowed = checkPolicy(fields, bucket);
    const object = await storeFile(client, form, { file, bucket, key, fields, allowed });
    return { object, fields };
  } catch (error) {
    form.discard();
    throw error;
  }
}

function readKey(fields: Fields) {
  const key = readField(fields, 'key');
  const size = Buffer.byteLength(key);
  if (size === 0) {
    const message = 'User key must have a length greater than 0.';
    throw new S3Error('InvalidArgument', message, { ArgumentName: 'key', ArgumentValue: '' });
  }
  if (size > 1024) {
    const details = { Size: size, MaxSizeAllowed: 1024 };
    throw new S3Error('KeyTooLongError', 'Your key is too long', details);
  }
  return key;
}

interface Success extends StoredObject {
  bucket: string;
  host: string | undefined;
  fields: Fields;
}

/** 204 without a body, unless the form asks for 200 or for 201 with one. */
function sendSuccess(response: ServerResponse, { bucket, key, eTag, host, fields }: Success) {
  const location = `http://${host}/${bucket}/${encodeURIComponent(key)}`;
  response.setHeader('etag', eTag);
  response.setHeader('location', location);
  const wanted = fields.get('success_action_status');
  if (wanted === '201') {
    const answer = { Location: location, Bucket: bucket, Key: key, ETag: eTag };
    sendXml(response, 201, { PostResponse: answer });
  } else {
    response.writeHead(wanted === '200' ? 200 : 204).end();
  }
}

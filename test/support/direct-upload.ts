import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { temporaryKey } from '../../contract/keys.ts';
import { s3Event } from '../../local/s3/event.ts';
import type { Client } from './client.ts';
import type { Product } from './product.ts';

export interface PresignedPost {
  url: string;
  fields: { name: string; value: string }[];
  expiresAt: string;
  photo: { id: string; status: string; alt: string };
}

export const REQUEST_PHOTO_UPLOAD = `mutation ($profileId: ID, $contentType: String!, $crop: CropInput, $alt: String) {
  requestPhotoUpload(profileId: $profileId, contentType: $contentType, crop: $crop, alt: $alt) {
    url expiresAt fields { name value } photo { id status alt }
  }
}`;

/** Asks for a direct upload, of a JPEG unless told otherwise. */
export async function requestPresignedPost(
  person: Pick<Client, 'query'>,
  wishes: Record<string, unknown> = {},
): Promise<PresignedPost> {
  const { requestPhotoUpload } = await person.query(REQUEST_PHOTO_UPLOAD, {
    contentType: 'image/jpeg',
    ...wishes,
  });
  return requestPhotoUpload;
}

/** Does what a browser does with the form of a direct upload. */
export async function sendPresignedPost(
  { url, fields }: Pick<PresignedPost, 'url' | 'fields'>,
  file: Uint8Array,
  type = 'image/jpeg',
) {
  const form = new FormData();
  for (const { name, value } of fields) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(file)], { type }), 'photo');
  return fetch(url, { method: 'POST', body: form });
}

export const PHOTO =
  'query ($id: ID!) { photo(id: $id) { id status alt width url url50: url(size: 50) failure { code message retryable } variants { url } } }';

/** Asks its owner for the photo until it is in this state; `null` for: not there. */
export async function waitForStatus(
  person: Pick<Client, 'query'>,
  id: string,
  status: string | null,
) {
  const read = async () => (await person.query(PHOTO, { id })).photo;
  await expect.poll(async () => (await read())?.status ?? null, { timeout: 20_000 }).toBe(status);
  return read();
}

/** Where a bucket is. */
interface Place {
  config: Pick<Product['config'], 'region' | 's3Endpoint' | 's3Credentials' | 'bucket'>;
}

const place = ({ config }: Place) => ({
  region: config.region,
  endpoint: config.s3Endpoint ?? '',
  credentials: config.s3Credentials ?? { accessKeyId: 'test', secretAccessKey: 'test' },
});

/** Puts an object into the embedded bucket; nobody is told of it. */
export async function putObject(product: Place, key: string, bytes: Uint8Array) {
  const client = new S3Client({ ...place(product), forcePathStyle: true });
  const object = { Bucket: product.config.bucket, Key: key, Body: bytes };
  await client.send(new PutObjectCommand(object));
  client.destroy();
}

const QUEUE = { QueueName: 'portrait-uploads' };

/** Messages that wait or that a function has; by the file of the embedded queue. */
export async function queueDepth({ config }: Pick<Product, 'config'>) {
  const store = new DatabaseSync(join(config.dataDir, 'bucket', 'fauxqs.db'), { readOnly: true });
  const rows = store
    .prepare('select 1 from sqs_messages where queue_name = ?')
    .all(QUEUE.QueueName);
  store.close();
  return rows.length;
}

/** Says once more, as S3 may, that the upload of a photo has come. */
export async function resendUploadEvent(product: Pick<Product, 'config'>, photoId: string) {
  const { bucket, region, temporaryFolder } = product.config;
  const client = new SQSClient({ ...place(product), useQueueUrlAsEndpoint: false });
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: 'portrait-uploads' }));
  const key = temporaryKey(photoId, temporaryFolder);
  const event = s3Event({ bucket, region, key, size: 1, eTag: 'e' });
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
  client.destroy();
}

/** Has a job done now instead of when its time comes. */
export const runJob = ({ sql }: Pick<Product, 'sql'>, task: string) =>
  sql('select graphile_worker.add_job($1)', [task]);

/** Jobs of a kind that are still to be done. */
export const pendingJobs = ({ sql }: Pick<Product, 'sql'>, task: string) =>
  sql('select * from graphile_worker.jobs where task_identifier = $1', [task]);

/** Jobs that wait for their time have it now. */
export const runWaitingJobsNow = ({ sql }: Pick<Product, 'sql'>) =>
  sql('update graphile_worker._private_jobs set run_at = now() where locked_at is null');

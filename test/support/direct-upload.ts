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

/** Requests a direct upload, by default of a JPEG. */
export async function requestPresignedPost(
  person: Pick<Client, 'query'>,
  variables: Record<string, unknown> = {},
): Promise<PresignedPost> {
  const { requestPhotoUpload } = await person.query(REQUEST_PHOTO_UPLOAD, {
    contentType: 'image/jpeg',
    ...variables,
  });
  return requestPhotoUpload;
}

/** Submits the form of a direct upload as a browser does. */
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

/** Polls the photo as its owner until it has this status; `null` means deleted. */
export async function waitForStatus(
  person: Pick<Client, 'query'>,
  id: string,
  status: string | null,
) {
  const read = async () => (await person.query(PHOTO, { id })).photo;
  await expect.poll(async () => (await read())?.status ?? null, { timeout: 20_000 }).toBe(status);
  return read();
}

/** Identifies a bucket. */
interface BucketConfig {
  config: Pick<Product['config'], 'region' | 's3Endpoint' | 's3Credentials' | 'bucket'>;
}

const clientConfig = ({ config }: BucketConfig) => ({
  region: config.region,
  endpoint: config.s3Endpoint ?? '',
  credentials: config.s3Credentials ?? { accessKeyId: 'test', secretAccessKey: 'test' },
});

/** Stores an object in the embedded bucket without sending an event. */
export async function putObject(product: BucketConfig, key: string, bytes: Uint8Array) {
  const client = new S3Client({ ...clientConfig(product), forcePathStyle: true });
  const object = { Bucket: product.config.bucket, Key: key, Body: bytes };
  await client.send(new PutObjectCommand(object));
  client.destroy();
}

const QUEUE = { QueueName: 'portrait-uploads' };

/** Number of messages waiting or in flight, read from the embedded queue's database. */
export async function queueDepth({ config }: Pick<Product, 'config'>) {
  const store = new DatabaseSync(join(config.dataDir, 'bucket', 'fauxqs.db'), { readOnly: true });
  const rows = store
    .prepare('select 1 from sqs_messages where queue_name = ?')
    .all(QUEUE.QueueName);
  store.close();
  return rows.length;
}

/** Repeats the event of an upload, as S3 may (at-least-once delivery). */
export async function resendUploadEvent(product: Pick<Product, 'config'>, photoId: string) {
  const { bucket, region, temporaryFolder } = product.config;
  const client = new SQSClient({ ...clientConfig(product), useQueueUrlAsEndpoint: false });
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: 'portrait-uploads' }));
  const key = temporaryKey(photoId, temporaryFolder);
  const event = s3Event({ bucket, region, key, size: 1, eTag: 'e' });
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
  client.destroy();
}

/** Schedules a job to run now. */
export const runJob = ({ sql }: Pick<Product, 'sql'>, task: string) =>
  sql('select graphile_worker.add_job($1)', [task]);

/** Unfinished jobs of a task. */
export const pendingJobs = ({ sql }: Pick<Product, 'sql'>, task: string) =>
  sql('select * from graphile_worker.jobs where task_identifier = $1', [task]);

/** Makes all scheduled jobs due now. */
export const runWaitingJobsNow = ({ sql }: Pick<Product, 'sql'>) =>
  sql('update graphile_worker._private_jobs set run_at = now() where locked_at is null');

/** Direct uploads as the function sees them: objects in a bucket, messages, and a receiver of callbacks. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { CROP_METADATA, temporaryKey } from '../../../contract/keys.ts';
import { defineHandlers } from '../../../lambda/handlers/handlers.ts';
import type { QueueAnswer, QueueEvent } from '../../../lambda/handlers/sqs.ts';
import { s3Event } from '../../../local/s3/event.ts';
import { openBucket } from './bucket.ts';
import { quarters } from './drawings.ts';
import { freshId } from './events.ts';
import { openReceiver, SECRET } from './receiver.ts';

export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage() {
  const bucket = await openBucket();
  const receiver = await openReceiver();
  const settings = {
    ...bucket.env,
    // One variant besides the master; pixels are tested elsewhere.
    THUMB_DIMENSIONS: '40',
    BLUR: 'false',
    CALLBACK_URL: receiver.url,
    CALLBACK_SECRET: SECRET,
  };
  // The AWS SDK takes its credentials from here.
  Object.assign(process.env, bucket.env);

  async function put(key: string, { bytes, crop }: Sent = {}) {
    await bucket.client.send(
      new PutObjectCommand({
        Bucket: 'photos',
        Key: key,
        Body: bytes ?? (await photo()),
        ...(crop !== undefined && { Metadata: { [CROP_METADATA]: crop } }),
      }),
    );
  }

  return {
    bucket,
    receiver,
    settings,
    queue: defineHandlers(settings).queue,
    put,
    /** Puts the upload of a new photo into the bucket and gives its id. */
    async upload(sent: Sent = {}) {
      const photoId = freshId();
      await put(temporaryKey(photoId), sent);
      return photoId;
    },
    uploads: () => bucket.keys('temp/'),
    async close() {
      await receiver.close();
      await bucket.close();
    },
  };
}

interface Sent {
  /** Defaults to a valid photo. */
  bytes?: Uint8Array;
  /** In the format of the metadata. */
  crop?: string;
}

export const photo = () => quarters(160, 120).jpeg().toBuffer();

/** S3's event for created objects, in one message. */
export const created = (...keys: string[]) => ({
  Records: keys.flatMap(
    (key) => s3Event({ bucket: 'photos', key, size: 1, eTag: 'e', region: 'eu-central-1' }).Records,
  ),
});

export const uploaded = (...photoIds: string[]) =>
  created(...photoIds.map((photoId) => temporaryKey(photoId)));

/** A batch of messages, `message-1` and so on; text is sent as it is. */
export const batch = (...bodies: (object | string)[]): QueueEvent => ({
  Records: bodies.map((body, at) => ({
    messageId: `message-${at + 1}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })),
});

/** Ids of the messages reported as failed. */
export const failed = ({ batchItemFailures }: QueueAnswer) =>
  batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

/** Lambda's context with `ms` left. */
export const withTime = (ms: number) => ({ getRemainingTimeInMillis: () => ms });

import { randomBytes } from 'node:crypto';

/** A new object, as described by an S3 event. */
export interface CreatedObject {
  bucket: string;
  /** Unencoded; the event contains it encoded. */
  key: string;
  /** bytes */
  size: number;
  /** With or without the quotes of the HTTP header; the event has none. */
  eTag: string;
  region: string;
  /** How it was uploaded: by presigned POST (default) or PUT. */
  eventName?: 'ObjectCreated:Post' | 'ObjectCreated:Put';
}

/**
 * Creates the event that S3 sends when an object is created. As JSON, it is the body of the SQS message.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export const s3Event = (object: CreatedObject) => ({ Records: [record(object)] });

function record(object: CreatedObject) {
  const { bucket, key, size, eTag, region, eventName = 'ObjectCreated:Post' } = object;
  const now = new Date();
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: now.toISOString(),
    eventName,
    userIdentity: { principalId: 'AWS:LOCAL' },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: {
      'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
      'x-amz-id-2': randomBytes(48).toString('base64'),
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'uploads',
      bucket: {
        name: bucket,
        ownerIdentity: { principalId: 'LOCAL' },
        arn: `arn:aws:s3:::${bucket}`,
      },
      object: {
        key: encodeKey(key),
        size,
        eTag: eTag.replaceAll('"', ''),
        sequencer: nextSequencer(now),
      },
    },
  };
}

/** As S3 encodes keys in events: form encoding (space is `+`), except for slashes. */
const encodeKey = (key: string) =>
  encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

let written = 0;

/** Increases with each event of a key: time and counter in hexadecimal. */
function nextSequencer(time: Date) {
  written = (written + 1) % 2 ** 16;
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return `${hex(time.getTime(), 14)}${hex(written, 4)}`.toUpperCase();
}

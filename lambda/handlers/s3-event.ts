/** One record of an S3 event. */
export interface ObjectEvent {
  /** `ObjectCreated:Post` */
  name: string;
  bucket: string;
  /** Decoded object key. */
  key: string;
  /** Identifies this write of the key: the same for every delivery of the event. Not every store sends one. */
  sequencer?: string;
}

/**
 * Reads the body of an SQS message sent by S3. The test message that S3 sends to a new queue contains no object.
 *
 * @throws when it is not an S3 event; retrying does not help
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function readS3Event(body: string): ObjectEvent[] {
  const { Event, Records } = Object(JSON.parse(body));
  if (Event === 's3:TestEvent') return [];
  if (Array.isArray(Records)) return Records.map(readRecord);
  throw new Error('The message is not an S3 event: it has no records.');
}

function readRecord(record: unknown): ObjectEvent {
  const { eventName: name, s3 } = Object(record);
  const bucket = s3?.bucket?.name;
  const key = s3?.object?.key;
  const isComplete = [name, bucket, key].every((text) => typeof text === 'string');
  const sequencer = s3?.object?.sequencer;
  const isNamed = typeof sequencer === 'string' && SEQUENCER.test(sequencer);
  if (isComplete) return { name, bucket, key: decodeKey(key), ...(isNamed && { sequencer }) };
  throw new Error('The record is not from S3: it names no object.');
}

/** Hexadecimal digits. */
const SEQUENCER = /^[0-9A-Fa-f]{1,64}$/;

/** Keys are form-encoded: a space is `+`, a plus is `%2B`. */
const decodeKey = (key: string) => decodeURIComponent(key.replaceAll('+', ' '));

import { createHash, randomUUID } from 'node:crypto';
import { sqsEvent } from './event.ts';

/** Writes the event with which Lambda hands over messages of a queue that never was: one for each body. */
export const sqsEventOf = (bodies: readonly string[], region: string) =>
  sqsEvent(bodies.map(messageOf), { arn: `arn:aws:sqs:${region}:000000000000:uploads`, region });

function messageOf(body: string) {
  const now = String(Date.now());
  return {
    MessageId: randomUUID(),
    ReceiptHandle: randomUUID(),
    Body: body,
    MD5OfBody: createHash('md5').update(body).digest('hex'),
    Attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: now,
      SenderId: 'LOCAL',
      ApproximateFirstReceiveTimestamp: now,
    },
  };
}

import { createHash, randomUUID } from 'node:crypto';
import { sqsEvent } from './event.ts';

/** Creates the event of an event source mapping with one message per body, without a queue. */
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

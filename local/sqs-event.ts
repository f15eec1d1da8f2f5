import { createHash, randomUUID } from 'node:crypto';

/**
 * Writes the event with which Lambda hands over messages of a queue, one for each body.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function sqsEvent(bodies: readonly string[], region: string) {
  return { Records: bodies.map((body) => message(body, region)) };
}

function message(body: string, region: string) {
  const now = String(Date.now());
  return {
    messageId: randomUUID(),
    receiptHandle: randomUUID(),
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: now,
      SenderId: 'LOCAL',
      ApproximateFirstReceiveTimestamp: now,
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${region}:000000000000:uploads`,
    awsRegion: region,
  };
}

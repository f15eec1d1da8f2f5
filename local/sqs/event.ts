import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import { z } from 'zod';

/**
 * Creates the event that an event source mapping sends to a function.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export const sqsEvent = (messages: Message[], source: { arn: string; region: string }) => ({
  Records: messages.map((message) => ({
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: { ...message.Attributes },
    messageAttributes: mapValues(message.MessageAttributes ?? {}, writeAttribute),
    md5OfBody: message.MD5OfBody ?? '',
    ...(message.MD5OfMessageAttributes && {
      md5OfMessageAttributes: message.MD5OfMessageAttributes,
    }),
    eventSource: 'aws:sqs',
    eventSourceARN: source.arn,
    awsRegion: source.region,
  })),
});

const writeAttribute = ({ DataType, StringValue, BinaryValue }: MessageAttributeValue) => ({
  ...(StringValue !== undefined && { stringValue: StringValue }),
  ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
  stringListValues: [],
  binaryListValues: [],
  dataType: DataType,
});

const mapValues = <Value, Result>(
  record: Record<string, Value>,
  change: (value: Value) => Result,
) => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

const Answer = z
  .object({
    batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
  })
  .nullish();

/**
 * Returns the messages that were processed: those that the function's response (`ReportBatchItemFailures`) does not list as
 * failed. Returns none if Lambda would not accept the response.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function processedMessages(messages: Message[], answer: unknown): Message[] {
  const read = Answer.safeParse(answer);
  if (!read.success) return [];
  const failed = (read.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  const ids = messages.map(({ MessageId }) => MessageId ?? '');
  if (!failed.every((id) => ids.includes(id))) return [];
  return messages.filter(({ MessageId = '' }) => !failed.includes(MessageId));
}

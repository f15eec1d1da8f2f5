import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs';
import { MAX_RECEIVE_COUNT } from '../../contract/limits.ts';
import { type Invoke, startPoller } from './poller.ts';

export interface QueueOptions {
  /** Endpoint of the embedded bucket, whose store also provides queues. */
  endpoint: string;
  region: string;
  credentials: NonNullable<SQSClientConfig['credentials']>;
  name: string;
  /** Logs errors of the queue itself, one line each. */
  log: (line: string) => void;
  /** Seconds until an unprocessed message becomes visible again. AWS recommends six times the function's timeout. */
  visibilityTimeout?: number;
  /** Concurrent calls of the function. */
  concurrency?: number;
  /** Messages per call, at most 10. */
  batchSize?: number;
}

/**
 * Opens an SQS queue with a dead-letter queue and an event source mapping to a function. Messages are stored on disk until
 * they have been processed or moved to the dead-letter queue. Delivery is at least once.
 */
export async function startQueue({
  endpoint,
  region,
  credentials,
  name,
  log,
  visibilityTimeout = 6 * 28,
  concurrency = 2,
  batchSize = 10,
}: QueueOptions) {
  const client = new SQSClient({
    endpoint,
    region,
    credentials,
    // The queue's URL contains the port of the process that created it.
    useQueueUrlAsEndpoint: false,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
  });
  const dead = await openQueue(client, `${name}-dead`, { MessageRetentionPeriod: '1209600' });
  const queue = await openQueue(client, name, {
    VisibilityTimeout: String(visibilityTimeout),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: dead.arn,
      maxReceiveCount: MAX_RECEIVE_COUNT,
    }),
  });
  let poller: ReturnType<typeof startPoller> | undefined;

  return {
    /** Resolves when the message is on disk. */
    async send(body: string) {
      await client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body }));
    },

    /** Numbers of messages waiting, in flight, and in the dead-letter queue. */
    async depth() {
      const [alive, buried] = [await count(client, queue), await count(client, dead)];
      return { ...alive, dead: buried.waiting + buried.inFlight };
    },

    /** Starts passing messages to the function. */
    poll(invoke: Invoke) {
      poller ??= startPoller({ client, queue, region, invoke, log, concurrency, batchSize });
    },

    /** Stops receiving, and gives running calls a moment to finish. */
    async close() {
      await poller?.close();
      client.destroy();
    },
  };
}

interface Queue {
  url: string;
  arn: string;
}

/** Creates the queue, or updates the attributes of an existing one. */
async function openQueue(
  client: SQSClient,
  name: string,
  attributes: Partial<Record<QueueAttributeName, string>>,
): Promise<Queue> {
  const { QueueUrl: url = '' } = await client.send(new CreateQueueCommand({ QueueName: name }));
  const change = new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes });
  await client.send(change);
  const { QueueArn: arn = '' } = await readAttributes(client, url, ['QueueArn']);
  return { url, arn };
}

async function count(client: SQSClient, { url }: Queue) {
  const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } =
    await readAttributes(client, url, [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
    ]);
  return {
    waiting: Number(ApproximateNumberOfMessages),
    inFlight: Number(ApproximateNumberOfMessagesNotVisible),
  };
}

async function readAttributes(client: SQSClient, url: string, names: QueueAttributeName[]) {
  const question = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names });
  const { Attributes: attributes = {} } = await client.send(question);
  return attributes;
}

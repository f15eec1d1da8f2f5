import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs';
import { type Invoke, startPoller } from './poller.ts';

export interface QueueOptions {
  /** Of the embedded bucket: its store keeps queues too. */
  endpoint: string;
  region: string;
  credentials: NonNullable<SQSClientConfig['credentials']>;
  name: string;
  /** Takes what goes wrong with the queue itself, a line each. */
  log: (line: string) => void;
  /** s until a message that was not done is handed out again: AWS advises six times what the function may take. */
  visibilityTimeout?: number;
  /** Calls of the function at once. */
  concurrency?: number;
  /** Messages in one call, 10 at most. */
  batchSize?: number;
}

/** Times a message is handed out before it goes to the dead-letter queue. */
const TRIES = 3;

/**
 * Opens an SQS queue with a dead-letter queue, and plays Lambda's event source mapping between it and a function.
 * What was sent is kept on disk until it was done or is dead; it may be handed out more than once.
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
    // The queue's URL is written when it is made, with the port of that day.
    useQueueUrlAsEndpoint: false,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
  });
  const dead = await openQueue(client, `${name}-dead`, { MessageRetentionPeriod: '1209600' });
  const queue = await openQueue(client, name, {
    VisibilityTimeout: String(visibilityTimeout),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: TRIES }),
  });
  let poller: ReturnType<typeof startPoller> | undefined;

  return {
    /** Has the message on disk when it resolves. */
    async send(body: string) {
      await client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body }));
    },

    /** Messages that wait, that a function has at the moment, and that were given up. */
    async depth() {
      const [alive, buried] = [await count(client, queue), await count(client, dead)];
      return { ...alive, dead: buried.waiting + buried.inFlight };
    },

    /** Begins to hand messages to the function. */
    poll(invoke: Invoke) {
      poller ??= startPoller({ client, queue, region, invoke, log, concurrency, batchSize });
    },

    /** Hands out nothing more, and gives calls under way a moment to end. */
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

/** Makes the queue, or gives the one that is there these attributes. */
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

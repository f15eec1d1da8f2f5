import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { readDone, sqsEvent } from './event.ts';

/** Runs the function with the event. */
export type Invoke = (event: ReturnType<typeof sqsEvent>) => Promise<unknown>;

interface PollerOptions {
  client: SQSClient;
  queue: { url: string; arn: string };
  region: string;
  invoke: Invoke;
  log: (line: string) => void;
  concurrency: number;
  batchSize: number;
}

/** s that a question for messages may wait for one. Lambda's is 20; but one that was given up still takes the next message. */
const WAIT = 1;

/** ms that calls under way get when the poller closes. What they had comes back after the visibility timeout. */
const GRACE = 3_000;

/** ms before the queue is asked again when it does not answer: twice as long each time. */
const BACK_OFF = { first: 250, last: 10_000 };

/** Hands messages to the function, as many batches at once as `concurrency` says. */
export function startPoller({ concurrency, log, ...options }: PollerOptions) {
  const closing = new AbortController();
  const { signal } = closing;
  let failures = 0;

  async function poll() {
    while (!signal.aborted) {
      try {
        await handOut({ ...options, signal });
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1) log(`The queue does not answer: ${error}`);
        const pause = Math.min(BACK_OFF.first * 2 ** (failures - 1), BACK_OFF.last);
        await delay(pause, undefined, { signal }).catch(() => {});
      }
    }
  }

  const polls = Promise.all(Array.from({ length: concurrency }, poll));
  return {
    async close() {
      closing.abort();
      const settled = new AbortController();
      const tooLong = delay(GRACE, undefined, { signal: settled.signal }).catch(() => {});
      await Promise.race([polls, tooLong]);
      settled.abort();
    },
  };
}

type Source = Omit<PollerOptions, 'concurrency' | 'log'> & { signal: AbortSignal };

/** One batch: what the function did is deleted, the rest comes back after the visibility timeout. */
async function handOut({ client, queue, region, invoke, batchSize, signal }: Source) {
  const question = new ReceiveMessageCommand({
    QueueUrl: queue.url,
    MaxNumberOfMessages: batchSize,
    WaitTimeSeconds: WAIT,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const { Messages: messages = [] } = await client.send(question, { abortSignal: signal });
  if (messages.length === 0) return;

  const event = sqsEvent(messages, { arn: queue.arn, region });
  // Whoever runs functions has logged why one failed.
  const done = await invoke(event).then(
    (answer) => readDone(messages, answer),
    () => [],
  );
  if (done.length > 0) await remove(client, queue.url, done);
}

async function remove(client: SQSClient, url: string, messages: Message[]) {
  const Entries = messages.map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
  }));
  await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
}

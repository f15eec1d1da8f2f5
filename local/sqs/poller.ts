import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { processedMessages, sqsEvent } from './event.ts';

/** Invokes the function with the event. */
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

/** Long polling interval. Lambda uses 20 s, but here an aborted request would still receive the next message. */
const RECEIVE_WAIT_S = 1;

/** Time for running calls when the poller closes. Their messages return after the visibility timeout. */
const GRACE_MS = 3_000;

/** Exponential back-off when the queue does not respond. */
const BACK_OFF_MS = { first: 250, last: 10_000 };

/** Passes messages to the function, `concurrency` batches at a time. */
export function startPoller({ concurrency, log, ...options }: PollerOptions) {
  const closing = new AbortController();
  const { signal } = closing;
  let failures = 0;

  async function poll() {
    while (!signal.aborted) {
      try {
        await receiveBatch({ ...options, signal });
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1) log(`The queue does not respond: ${error}`);
        const pause = Math.min(BACK_OFF_MS.first * 2 ** (failures - 1), BACK_OFF_MS.last);
        await delay(pause, undefined, { signal }).catch(() => {});
      }
    }
  }

  const polls = Promise.all(Array.from({ length: concurrency }, poll));
  return {
    async close() {
      closing.abort();
      const settled = new AbortController();
      const tooLong = delay(GRACE_MS, undefined, { signal: settled.signal }).catch(() => {});
      await Promise.race([polls, tooLong]);
      settled.abort();
    },
  };
}

type Source = Omit<PollerOptions, 'concurrency' | 'log'> & { signal: AbortSignal };

/** Receives and processes one batch. Processed messages are deleted, the others return after the visibility timeout. */
async function receiveBatch({ client, queue, region, invoke, batchSize, signal }: Source) {
  const command = new ReceiveMessageCommand({
    QueueUrl: queue.url,
    MaxNumberOfMessages: batchSize,
    WaitTimeSeconds: RECEIVE_WAIT_S,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const { Messages: messages = [] } = await client.send(command, { abortSignal: signal });
  if (messages.length === 0) return;

  const event = sqsEvent(messages, { arn: queue.arn, region });
  // The function host has already logged a failure.
  const done = await invoke(event).then(
    (answer) => processedMessages(messages, answer),
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

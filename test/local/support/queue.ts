import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { startBucket } from '../../../local/s3/store.ts';
import type { Invoke } from '../../../local/sqs/poller.ts';
import { type QueueOptions, startQueue } from '../../../local/sqs/queue.ts';

export type Event = Parameters<Invoke>[0];

const EMPTY = { waiting: 0, inFlight: 0, dead: 0 };

/** For tests with redelivery; in all others there must be none, however slow the machine. */
export const SOON = { visibilityTimeout: 2 };

export const QUEUE = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'LOCAL1', secretAccessKey: 'secret' },
  name: 'uploads',
};

/** Waits until the assertion passes; concurrent tests cannot use `expect.poll`. */
export const eventually = (claim: () => unknown) =>
  vi.waitFor(claim, { timeout: 25_000, interval: 20 });

/** Opens the store of a queue in a directory that survives it. */
export async function openStore(folder?: string) {
  const dataDir = folder ?? (await mkdtemp(join(tmpdir(), 'queue-')));
  const { endpoint, close } = await startBucket({
    ...{ dataDir, bucket: 'portrait', credentials: QUEUE.credentials },
  });
  const lines: string[] = [];

  async function openQueue(options: Partial<QueueOptions> = {}) {
    const log = (line: string) => void lines.push(line);
    const queue = await startQueue({ endpoint, log, ...QUEUE, ...options });
    return {
      ...queue,
      async send(...bodies: string[]) {
        for (const body of bodies) await queue.send(body);
      },
      /** Polls with a function of the test, and returns its events; calls are numbered from 1. */
      pollInto(answer: (event: Event, call: number) => unknown) {
        const events: Event[] = [];
        queue.poll(async (event) => answer(event, events.push(event)));
        return events;
      },
      /** Waits until only this number of dead messages is left. */
      drained: (dead = 0) =>
        eventually(async () => expect(await queue.depth()).toEqual({ ...EMPTY, dead })),
      [Symbol.asyncDispose]: queue.close,
    };
  }

  return {
    dataDir,
    endpoint,
    lines,
    openQueue,
    async [Symbol.asyncDispose]() {
      await close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

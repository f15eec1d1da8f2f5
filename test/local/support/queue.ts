import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { startBucket } from '../../../local/s3/store.ts';
import type { Invoke } from '../../../local/sqs/poller.ts';
import { type QueueOptions, startQueue } from '../../../local/sqs/queue.ts';

export type Event = Parameters<Invoke>[0];

const EMPTY = { waiting: 0, inFlight: 0, dead: 0 };

/** For tests in which a message comes again; in all others it must not, however slow the machine. */
export const SOON = { visibilityTimeout: 2 };

export const QUEUE = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'LOCAL1', secretAccessKey: 'secret' },
  name: 'uploads',
};

/** Waits until the claim is true; tests that run at once cannot use `expect.poll`. */
export const eventually = (claim: () => unknown) =>
  vi.waitFor(claim, { timeout: 25_000, interval: 20 });

/** The store of a queue on a folder that outlives it. */
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
      /** Polls with a function of the test's, and gives what it was called with; calls count from 1. */
      pollInto(answer: (event: Event, call: number) => unknown) {
        const events: Event[] = [];
        queue.poll(async (event) => answer(event, events.push(event)));
        return events;
      },
      /** Waits until no message is left but so many that are dead. */
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

/** What a photo takes and costs on AWS Lambda and S3, reckoned from CPU time measured here. */
import type { Measurement } from './processes.ts';

/** US dollars, list prices of us-east-1 without free tier, as of May 2026; change them here. */
const PRICES = {
  /** Lambda, per GB-second of the first tier. */
  x86: 0.0000166667,
  arm64: 0.0000133334,
  /** Lambda, per request. */
  request: 0.2 / 1e6,
  /** S3 Standard, per PUT. */
  put: 0.005 / 1000,
} as const;

/** MB of a function at which it has one whole vCPU. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const ONE_CPU = 1769;

export const MEMORIES = [512, 1024, 1769, 2048, 4096] as const;

/** The seed's own column: ms at 1,024 MB for photos of 100 KB, 500 KB, 1, 5 and 10 MB. */
export const SEED_MS: Readonly<Record<string, number>> = {
  '100 KB': 706,
  '500 KB': 2458,
  '1 MB': 2423,
  '5 MB': 9006,
  '10 MB': 11_567,
};

/**
 * ms of one call: its CPU time at that memory's share of a vCPU, one taken to be as fast as a core here. Above
 * one vCPU a second thread may help, but no more than it did here.
 */
export function lambdaTime({ cpu, wall }: Measurement['samples'][number], memory: number): number {
  const shared = (cpu * ONE_CPU) / memory;
  return memory <= ONE_CPU ? shared : Math.max(shared, Math.min(cpu, wall));
}

/** Dollars for a million calls of `ms` each. */
export const lambdaCost = (ms: number, memory: number, processor: 'x86' | 'arm64') =>
  1e6 * (PRICES.request + (ms / 1000) * (memory / 1024) * PRICES[processor]);

/** Dollars to store `objects` pictures of each of a million photos. */
export const putCost = (objects: number) => 1e6 * objects * PRICES.put;

/** Measures contestants in turns, so that what disturbs the machine disturbs all of them. */
import { stderr } from 'node:process';
import { least, median } from '../statistics.ts';
import type { Photo } from './photos.ts';
import type { Measure, Measurement } from './processes.ts';

/** One contestant and what it was measured with, once per round. */
interface Entry {
  name: string;
  measure: Measure;
  /** Too slow for every round: measured once. */
  isOnce?: boolean;
}

/** Cost of one contestant on one photo: ms, MiB. */
export interface Result {
  cpu: number;
  cpuMin: number;
  wall: number;
  wallMin: number;
  rss?: number;
  /** CPU as a multiple of the first contestant's in the same round: median of all rounds. */
  ratio: number;
}

export interface Plan {
  rounds: number;
  runs: number;
}

/** Results of every contestant on a photo, by name; the first is the one the others are compared with. */
export async function compete(photo: Photo, entries: readonly Entry[], plan: Plan) {
  const measured = new Map<string, (Measurement | undefined)[]>();
  for (let round = 0; round < plan.rounds; round++) {
    for (const { name, measure, isOnce } of entries) {
      say(`${photo.label}, round ${round + 1} of ${plan.rounds}: ${name}`);
      const result = isOnce && round > 0 ? undefined : await measure(photo.path, plan.runs);
      measured.set(name, [...(measured.get(name) ?? []), result]);
    }
  }
  say('');

  const [first] = measured.values();
  return new Map(
    [...measured].map(([name, rounds]) => [name, summary(rounds, first ?? [])] as const),
  );
}

/** Shows who waits what is being done. */
function say(words: string): void {
  if (stderr.isTTY) stderr.write(`\r\x1b[K${words}`);
}

function summary(rounds: (Measurement | undefined)[], first: (Measurement | undefined)[]): Result {
  const samples = rounds.flatMap((round) => round?.samples ?? []);
  const cpus = samples.map(({ cpu }) => cpu);
  const walls = samples.map(({ wall }) => wall);
  const memory = rounds.flatMap((round) => round?.rss ?? []);
  const ratios = rounds.flatMap((round, at) => {
    const reference = first[at];
    return round && reference ? [cpuOf(round) / cpuOf(reference)] : [];
  });
  return {
    cpu: median(cpus),
    cpuMin: least(cpus),
    wall: median(walls),
    wallMin: least(walls),
    ...(memory.length > 0 && { rss: Math.max(...memory) }),
    ratio: median(ratios),
  };
}

const cpuOf = ({ samples }: Measurement) => median(samples.map(({ cpu }) => cpu));

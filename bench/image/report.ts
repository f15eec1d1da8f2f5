/** Prints what was measured. */
import { printTable } from '../table.ts';
import { lambdaCost, lambdaTime, MEMORIES, putCost, SEED_MS } from './cost.ts';
import type { Photo } from './photos.ts';
import type { Result } from './rounds.ts';

/** Everything measured of one photo. */
export interface Outcome {
  photo: Photo;
  results: Map<string, Result>;
}

export function printPhotos(photos: readonly Photo[]): void {
  const rows = photos.map(({ label, width, height, bytes }) => [
    label,
    `${width} x ${height}`,
    ((width * height) / 1e6).toFixed(1),
    String(bytes),
  ]);
  printTable('Photos', [['photo', 'px', 'million px', 'bytes'], ...rows]);
}

export function printContest(title: string, outcomes: readonly Outcome[]): void {
  const rows = outcomes.flatMap(({ photo, results }) =>
    [...results].map(([name, { cpu, cpuMin, wall, rss, ratio }]) => [
      `${photo.label}, ${name}`,
      whole(cpu),
      whole(cpuMin),
      whole(wall),
      rss === undefined ? '' : whole(rss),
      ratio.toFixed(2),
    ]),
  );
  printTable(title, [
    ['photo', 'CPU ms', 'least', 'wall ms', 'peak MiB', 'times the first'],
    ...rows,
  ]);
}

/** The table of the seed: time and price on Lambda for every memory size. */
export function printLambda(title: string, outcomes: readonly Outcome[], objects: number): void {
  const rows = outcomes.flatMap(({ photo, results }) =>
    [...results.values()].slice(0, 1).map((sample) => {
      const cells = MEMORIES.map((memory) => {
        const ms = lambdaTime(sample, memory);
        const [x86, arm] = [lambdaCost(ms, memory, 'x86'), lambdaCost(ms, memory, 'arm64')];
        return `${whole(ms)} ms $${x86.toFixed(2)} / ${arm.toFixed(2)}`;
      });
      return [photo.label, ...cells, SEED_MS[photo.label]?.toString() ?? ''];
    }),
  );
  const puts = `${objects} PUTs of each: $${putCost(objects).toFixed(2)} more.`;
  printTable(`${title}\nms of a call and $ per million photos, x86 / arm64. ${puts}`, [
    ['photo', ...MEMORIES.map((memory) => `${memory} MB`), 'the seed, ms at 1024 MB'],
    ...rows,
  ]);
}

const whole = (value: number) => Math.round(value).toString();

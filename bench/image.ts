/** What the pictures of a photo cost: us, sharp used naively, the floor, Pillow and ImageMagick on the same photos. */

import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { measureCold } from './image/cold.ts';
import { measureMemory } from './image/memory.ts';
import { drawPhotos, type Photo, realPhoto } from './image/photos.ts';
import { plot } from './image/plot.ts';
import { bundle, byImageMagick, byNode, byPillow } from './image/processes.ts';
import { measureQuality } from './image/quality.ts';
import { type Outcome, printContest, printLambda, printPhotos } from './image/report.ts';
import { compete, type Plan } from './image/rounds.ts';

const FOLDER = join(import.meta.dirname, '..', 'dist', 'bench');

const PARTS = ['set', 'seed', 'quality', 'memory', 'cold'];

/** `npm run bench -- image [photo.jpg] [--rounds 3] [--runs 3] [--only set,seed] [--json file] [--plot file]` */
export async function run(words: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string', default: PARTS.join(',') },
      json: { type: 'string' },
      plot: { type: 'string' },
    },
  });
  const plan = { rounds: Number(values.rounds), runs: Number(values.runs) };
  const parts = new Set(values.only.split(','));
  const load = loadavg().map((one) => one.toFixed(1));
  stdout.write(
    `${availableParallelism()} cores, load ${load.join(' ')}, Node ${process.version}\n`,
  );

  const photos = await photosOf(positionals);
  printPhotos(photos);
  const set = parts.has('set') ? await contestSet(photos, plan) : [];
  const seed = parts.has('seed') ? await contestSeed(photos, plan) : [];
  const quality = parts.has('quality') ? await measureQuality(photos) : [];
  const memory = parts.has('memory') ? await measureMemory(FOLDER) : [];
  const cold = parts.has('cold') ? await measureCold(FOLDER, plan) : {};

  if (values.json) {
    const all = { load, plan, set: set.map(flat), seed: seed.map(flat), quality, memory, cold };
    await writeFile(values.json, `${JSON.stringify(all, undefined, 2)}\n`);
  }
  if (values.plot && set.length > 0) await writeFile(values.plot, plot(set));
}

const photosOf = async (paths: string[]) =>
  paths.length > 0 ? Promise.all(paths.map(realPhoto)) : drawPhotos(FOLDER);

async function contestSet(photos: readonly Photo[], plan: Plan): Promise<Outcome[]> {
  const worker = bundle('worker', FOLDER);
  const [pillow, magick] = [await byPillow('set'), await byImageMagick()];
  const entries = [
    { name: 'ours', measure: byNode(worker, 'ours') },
    { name: 'floor', measure: byNode(worker, 'floor') },
    { name: 'naive', measure: byNode(worker, 'naive') },
    ...(pillow ? [{ name: 'Pillow', measure: pillow }] : []),
    ...(magick ? [{ name: 'ImageMagick', measure: magick, isOnce: true }] : []),
  ];
  const outcomes = await contest(photos, entries, plan);
  printContest('The default set: master, four squares, their blurred twins, placeholder', outcomes);
  printLambda('The default set on Lambda', outcomes, 10);
  return outcomes;
}

async function contestSeed(photos: readonly Photo[], plan: Plan): Promise<Outcome[]> {
  const worker = bundle('worker', FOLDER);
  const pillow = await byPillow('seed');
  const entries = [
    { name: 'ours', measure: byNode(worker, 'seed-ours') },
    { name: 'default set', measure: byNode(worker, 'ours') },
    { name: 'naive', measure: byNode(worker, 'seed-naive') },
    ...(pillow ? [{ name: 'Pillow', measure: pillow }] : []),
  ];
  const outcomes = await contest(photos, entries, plan);
  printContest("The seed's seven JPEG files", outcomes);
  return outcomes;
}

async function contest(
  photos: readonly Photo[],
  entries: Parameters<typeof compete>[1],
  plan: Plan,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const photo of photos)
    outcomes.push({ photo, results: await compete(photo, entries, plan) });
  return outcomes;
}

const flat = ({ photo: { path: _, ...photo }, results }: Outcome) => ({
  photo,
  results: Object.fromEntries(results),
});

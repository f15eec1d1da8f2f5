/** Measures the start of the product on this machine, with an empty and a warm data directory, and the function's cold start. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { parseArgs } from 'node:util';
import { bundle } from '../bundle.mjs';
import { measureCold } from './image/cold.ts';
import { least, median } from './statistics.ts';
import { printTable } from './table.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'dist/bench');

/** `npm run bench -- start [--rounds 3]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '3' } },
  });
  const rounds = Number(values.rounds);
  await measureStarts(rounds);
  await mkdir(FOLDER, { recursive: true });
  await measureCold(FOLDER, { rounds, runs: 1 });
}

/** Like `npm start` without npm: bundles, then starts with an empty data directory, and again with the same one. */
async function measureStarts(rounds: number) {
  const taken = { empty: [] as number[], warm: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'portrait-bench-'));
    for (const state of ['empty', 'warm'] as const) taken[state].push(await start(folder));
    await rm(folder, { recursive: true, force: true });
  }
  printTable('npm start, wall-clock ms until ready', [
    ['data directory', 'median', 'least'],
    ...Object.entries(taken).map(([state, ms]) => [
      state,
      median(ms).toFixed(0),
      least(ms).toFixed(0),
    ]),
  ]);
}

async function start(folder: string): Promise<number> {
  const begun = performance.now();
  bundle('dist/bench/product');
  const child = spawn(execPath, [join(FOLDER, 'product/main.js')], {
    // A random port is fine here, since no URL of a photo is used after the process.
    env: { PATH: process.env.PATH, DATA_DIR: folder, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = new Promise<void>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
      if (output.includes('Portrait is ready.')) resolve();
    });
    child.once('close', () => reject(new Error(`The product exited:\n${output}`)));
  });
  await ready;
  const ms = performance.now() - begun;
  child.kill('SIGTERM');
  await once(child, 'close');
  return ms;
}

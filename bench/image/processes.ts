/** Starts contestants, each measurement in a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { execPath, hrtime } from 'node:process';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';

const execute = promisify(execFile);

/** What the runs of one process took: ms of CPU (user and system) and of wall, and its peak memory, MiB. */
export interface Measurement {
  samples: { cpu: number; wall: number }[];
  rss?: number;
}

export type Measure = (path: string, runs: number) => Promise<Measurement>;

/** Bundles a file of this folder as the function is deployed: to strip types takes time and memory, too. */
export function bundle(name: string, folder: string): string {
  const outfile = join(folder, `${name}.mjs`);
  buildSync({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: ['sharp', 'libheif-js'],
  });
  return outfile;
}

export const byNode =
  (script: string, contestant: string): Measure =>
  (path, runs) =>
    measured(execPath, [script, contestant, path, String(runs)]);

/** Pillow where some Python has it. */
export async function byPillow(set: 'set' | 'seed'): Promise<Measure | undefined> {
  const script = join(import.meta.dirname, 'pillow.py');
  for (const python of ['python3', '/usr/bin/python3']) {
    if (!(await works(python, ['-c', 'import PIL']))) continue;
    return (path, runs) => measured(python, [script, set, path, String(runs)]);
  }
  return undefined;
}

/** ImageMagick where it is installed: a process per run, so once is enough. */
export async function byImageMagick(): Promise<Measure | undefined> {
  for (const magick of ['magick', 'convert']) {
    if (!(await works(magick, ['-version']))) continue;
    return async (path) => {
      const started = hrtime.bigint();
      // The shell's `times` tells what its children took: minutes and seconds of user, of system.
      const timed = ['-c', '"$@" && times', 'sh', magick, path, ...magickWords()];
      const { stdout } = await execute('sh', timed);
      const wall = Number(hrtime.bigint() - started) / 1e6;
      const children = stdout.trim().split('\n').at(-1) ?? '';
      const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
      const seconds = times.reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0);
      return { samples: [{ cpu: 1000 * seconds, wall }] };
    };
  }
  return undefined;
}

/** Master, squares, and both again blurred, of the photo named before. */
function magickWords(): string[] {
  const squares = [50, 100, 200, 400].flatMap((side) => [
    ...['(', '+clone', '-resize', `${side}x${side}^`, '-gravity', 'center', '-extent'],
    ...[`${side}x${side}`, '-quality', '80', '-write', 'webp:/dev/null', '+delete', ')'],
  ]);
  const pictures = ['-quality', '85', '-write', 'jpeg:/dev/null', ...squares];
  const master = ['-auto-orient', '-resize', '2048x2048>', '-strip'];
  return [...master, ...pictures, '-blur', '0x20', ...pictures, 'null:'];
}

async function measured(command: string, words: string[]): Promise<Measurement> {
  const { stdout } = await execute(command, words);
  return JSON.parse(stdout);
}

const works = (command: string, words: string[]) =>
  execute(command, words).then(
    () => true,
    () => false,
  );

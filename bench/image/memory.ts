/** Peak memory of a process that makes the default set of one large photo. HEIC cannot be drawn: name a file instead. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from '../../lambda/pipeline/sharp.ts';
import { printTable } from '../table.ts';
import { drawScene } from './draw.ts';
import { bundle, byNode } from './processes.ts';

interface Case {
  label: string;
  /** MiB */
  limit: number;
  draw: () => Promise<Buffer>;
}

const SMALL = { width: 4032, height: 3024 };
const LARGE = { width: 8064, height: 6048 };
const drawn = async (size = SMALL) => open(await drawScene(size));

const CASES: Case[] = [
  { label: 'JPEG, 12 Mpx', limit: 150, draw: async () => (await drawn()).jpeg().toBuffer() },
  { label: 'JPEG, 48 Mpx', limit: 150, draw: async () => (await drawn(LARGE)).jpeg().toBuffer() },
  {
    label: 'JPEG, progressive, 12 Mpx',
    limit: 300,
    draw: async () => (await drawn()).jpeg({ progressive: true }).toBuffer(),
  },
  {
    label: 'AVIF, 12 Mpx',
    limit: 300,
    draw: async () => (await drawn()).avif({ effort: 0 }).toBuffer(),
  },
];

export async function measureMemory(folder: string) {
  const measure = byNode(bundle('worker', folder), 'ours');
  const found: { label: string; limit: number; rss: number }[] = [];
  for (const { label, limit, draw } of CASES) {
    const path = join(folder, 'memory');
    await writeFile(path, await draw());
    const { rss = Number.NaN } = await measure(path, 1);
    found.push({ label, limit, rss });
  }
  printTable('Peak memory of the process, MiB', [
    ['photo', 'peak', 'at most'],
    ...found.map(({ label, rss, limit }) => [label, rss.toFixed(0), String(limit)]),
  ]);
  return found;
}

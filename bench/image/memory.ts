/** Peak memory of a process that makes the default set of one large photo. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from '../../lambda/image/sharp.ts';
import { heic } from '../../test/lambda/support/heic.ts';
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
  { label: 'HEIC, 12 Mpx', limit: 450, draw: async () => tiles() },
];

/** 12 million pixels in tiles of plain colours, which no encoder is needed for. */
const tiles = () =>
  heic({
    tiles: Array.from({ length: 95 }, (_, y) =>
      Array.from({ length: 126 }, (_, x) => [2 * x, 2 * y, (16 * (x + y)) % 256] as const),
    ),
  });

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

/** The photos that are measured, made on the spot: sizes of real cameras, files of about the bytes they write. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open, type Pixels, sharp } from '../../lambda/pipeline/sharp.ts';
import { drawScene } from './draw.ts';

/** One file to measure with. */
export interface Photo {
  label: string;
  path: string;
  /** px */
  width: number;
  /** px */
  height: number;
  bytes: number;
}

const CAMERAS = [
  { label: '100 KB', width: 1024, height: 768, target: 100_000 },
  { label: '500 KB', width: 2048, height: 1536, target: 500_000 },
  { label: '1 MB', width: 2592, height: 1944, target: 1_000_000 },
  { label: '5 MB', width: 4032, height: 3024, target: 5_000_000 },
  { label: '10 MB', width: 6000, height: 4000, target: 10_000_000 },
] as const;

/** Draws and stores the five photos. */
export async function drawPhotos(folder: string): Promise<Photo[]> {
  await mkdir(folder, { recursive: true });
  const photos: Photo[] = [];
  for (const { label, width, height, target } of CAMERAS) {
    const jpeg = await jpegOf(await drawScene({ width, height }), target);
    const path = join(folder, `${target}.jpg`);
    await writeFile(path, jpeg);
    photos.push({ label, path, width, height, bytes: jpeg.length });
  }
  return photos;
}

/** A photo of one's own. */
export async function realPhoto(path: string): Promise<Photo> {
  const { autoOrient } = await sharp(path).metadata();
  return { label: 'given', path, ...autoOrient, bytes: (await stat(path)).size };
}

/** A JPEG as cameras write it, of the quality whose size comes nearest below `target` bytes. */
async function jpegOf(pixels: Pixels, target: number): Promise<Buffer> {
  const write = (quality: number) =>
    open(pixels).jpeg({ quality, optimiseCoding: false }).toBuffer();
  let [low, high] = [30, 99];
  let best = await write(low);
  while (low < high) {
    const quality = Math.ceil((low + high) / 2);
    const jpeg = await write(quality);
    if (jpeg.length <= target * 1.02) [low, best] = [quality, jpeg];
    else high = quality - 1;
  }
  return best;
}

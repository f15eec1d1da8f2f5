/** How near the pictures come to the same made of a full decode, without a shortcut: PSNR, dB. */
import { readFile } from 'node:fs/promises';
import { DEFAULTS } from '../../contract/config/defaults.ts';
import { chooseSquare, cut } from '../../lambda/pipeline/crop.ts';
import { decode } from '../../lambda/pipeline/decode.ts';
import { decodedSize, masterSize } from '../../lambda/pipeline/downscale.ts';
import { describe } from '../../lambda/pipeline/inspect.ts';
import {
  open,
  type Pixels,
  resize,
  type Sharp,
  sharp,
  toPixels,
} from '../../lambda/pipeline/sharp.ts';
import { printTable } from '../table.ts';
import type { Photo } from './photos.ts';
import { SEED, seedSet } from './seed-set.ts';

const CENTRE = { strategy: 'CENTRE' } as const;

export async function measureQuality(photos: readonly Photo[]) {
  const found: { label: string; plain: number; blurred: number }[] = [];
  for (const { label, path } of photos) {
    const bytes = await readFile(path);
    const whole = await toPixels(sharp(bytes).autoOrient().toColourspace('srgb').removeAlpha());
    found.push({
      label,
      plain: await worstPlain(bytes, whole),
      blurred: await blurred(bytes, whole),
    });
  }
  printTable('Likeness to the same of a full decode: PSNR, dB', [
    ['photo', 'worst of master and squares', "seed's blurred original, as JPEG"],
    ...found.map(({ label, plain, blurred }) => [label, plain.toFixed(1), blurred.toFixed(1)]),
  ]);
  return found;
}

async function worstPlain(bytes: Buffer, whole: Pixels): Promise<number> {
  const photo = await describe(bytes, Number.MAX_SAFE_INTEGER);
  const largest = Math.max(...DEFAULTS.sizes);
  const pixels = await decode(bytes, photo, decodedSize(photo, CENTRE, largest));
  const master = await resize(pixels, masterSize(photo));
  const square = await chooseSquare(pixels, master, CENTRE);
  const portrait = await cut(pixels, square, largest);

  const side = Math.min(whole.width, whole.height);
  const left = Math.round(square.x * whole.width);
  const top = Math.round(square.y * whole.height);
  const likenesses = [await psnr(open(master), open(await resize(whole, master)))];
  for (const edge of DEFAULTS.sizes) {
    const ideal = open(whole).extract({ left, top, width: side, height: side }).resize(edge, edge);
    likenesses.push(await psnr(open(portrait).resize(edge, edge), ideal));
  }
  return Math.min(...likenesses);
}

async function blurred(bytes: Buffer, whole: Pixels): Promise<number> {
  const [file] = await seedSet(bytes);
  // A Gaussian with a wider kernel in floating point: exact to 8 bits.
  const bell = { sigma: SEED.radius, minAmplitude: 0.001, precision: 'float' } as const;
  return psnr(sharp(file), open(whole).blur(bell));
}

async function psnr(one: Sharp, other: Sharp): Promise<number> {
  const [a, b] = [await one.raw().toBuffer(), await other.raw().toBuffer()];
  if (a.length !== b.length) throw new RangeError('Pictures of different sizes.');
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += ((a[at] ?? 0) - (b[at] ?? 0)) ** 2;
  return 10 * Math.log10((255 * 255 * a.length) / sum);
}

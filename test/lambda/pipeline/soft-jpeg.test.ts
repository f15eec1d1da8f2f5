/** The blurred master is written without its pixels ever being made: it must be what blurring them would give. */
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../lambda/pipeline/pipeline.ts';
import { makePictures } from '../../../lambda/pipeline/pipeline.ts';
import { COLOURS, named, OPTIONS, psnr, quarters, scenery } from '../support/drawings.ts';

/** The master of a drawing and its blurred twin. */
async function twins(drawing: Sharp, blurRadius = 20): Promise<[Picture, Picture]> {
  const options = { ...OPTIONS, maxPixels: 10_000_000, sizes: [40], blur: true, blurRadius };
  const png = await drawing.png({ compressionLevel: 1 }).toBuffer();
  const pictures = await makePictures(png, { strategy: 'CENTRE' }, options);
  return [named(pictures, 'master'), named(pictures, 'master-blurred')];
}

const blurOf = (master: Picture, sigma: number) =>
  sharp(master.bytes).blur({ sigma, minAmplitude: 0.001, precision: 'float' });

describe('the blurred master is within 40 dB of a true Gaussian of the master', () => {
  // Sides that end inside a block, and inside four: 8 and 16 px.
  const sizes = [
    [480, 400],
    [481, 400],
    [473, 408],
    [337, 251],
    [256, 200],
    [600, 40],
    [33, 32],
  ] as const;
  for (const [width, height] of sizes) {
    test(`at ${width} x ${height} px`, async () => {
      const [master, twin] = await twins(scenery(width, height));

      expect([twin.format, twin.width, twin.height]).toEqual(['jpeg', width, height]);
      const { width: wide, height: high } = await sharp(twin.bytes).metadata();
      expect([wide, high]).toEqual([width, height]);
      // Where the bell is wider than the picture, most of it is what one takes for granted beyond the edges.
      const least = Math.min(width, height) > 40 ? 40 : 38;
      expect(await psnr(twin.bytes, blurOf(master, 20))).toBeGreaterThan(least);
    });
  }

  for (const radius of [1, 4, 15, 16, 17, 24, 40]) {
    test(`of a radius of ${radius}`, async () => {
      const [master, twin] = await twins(scenery(440, 400), radius);
      // Of a blur of 1 px as much is left as JPEG itself loses of a photo.
      const least = radius < 4 ? 33 : 40;
      expect(await psnr(twin.bytes, blurOf(master, radius))).toBeGreaterThan(least);
    });
  }

  test('across the hardest edges there are', async () => {
    const edges = sharp(Buffer.from(checks(640, 480, 160)), {
      raw: { width: 640, height: 480, channels: 3 },
    });
    const [master, twin] = await twins(edges);
    expect(await psnr(twin.bytes, blurOf(master, 20))).toBeGreaterThan(40);
  });
});

test('the blurred master is a JPEG that no decoder has a word to say about', async () => {
  const [, twin] = await twins(scenery(401, 303));
  const strict = sharp(twin.bytes, { failOn: 'warning' });
  const { format, chromaSubsampling, isProgressive, exif, icc } = await strict.metadata();
  expect({ format, chromaSubsampling, isProgressive, exif, icc }).toEqual({
    format: 'jpeg',
    chromaSubsampling: '4:2:0',
    isProgressive: false,
    exif: undefined,
    icc: undefined,
  });
  await expect(strict.raw().toBuffer()).resolves.toHaveLength(401 * 303 * 3);
});

test('colours stay what they are far from any edge', async () => {
  const [, twin] = await twins(quarters(800, 800));
  const { data } = await sharp(twin.bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray(3 * (y * 800 + x), 3 * (y * 800 + x) + 3)];
  for (const [colour, x, y] of [
    ['red', 100, 100],
    ['green', 700, 100],
    ['blue', 100, 700],
  ] as const) {
    at(x, y).forEach((value, channel) => {
      expect(Math.abs(value - (COLOURS[colour][channel] ?? 0))).toBeLessThanOrEqual(3);
    });
  }
});

/** Black and white squares. */
function checks(width: number, height: number, side: number): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    if ((Math.floor(x / side) + Math.floor(y / side)) % 2) data.fill(255, 3 * at, 3 * at + 3);
  }
  return data;
}

/** Blurred variants: small files that look, at the size of their master, like a Gaussian blur of it. */
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { createVariants, type EncodedVariant } from '../../../lambda/pipeline/create-variants.ts';
import { COLORS, named, OPTIONS, psnr, quarters, scenery } from '../support/drawings.ts';

/** The master of a drawing and its blurred variant. */
async function masters(
  drawing: Sharp,
  blurRadius = 20,
): Promise<[master: EncodedVariant, blurred: EncodedVariant]> {
  const options = { ...OPTIONS, maxPixels: 10_000_000, sizes: [40], blur: true, blurRadius };
  const png = await drawing.png({ compressionLevel: 1 }).toBuffer();
  const variants = await createVariants(png, { strategy: 'CENTRE' }, options);
  return [named(variants, 'master'), named(variants, 'master-blurred')];
}

/** dB between the blurred variant at the size of the master, and the exact blur of the master. */
const fidelity = (master: EncodedVariant, blurred: EncodedVariant, sigma: number) =>
  psnr(
    sharp(blurred.bytes).resize(master.width, master.height, { fit: 'fill' }),
    sharp(master.bytes).blur({ sigma, minAmplitude: 0.001, precision: 'float' }),
  );

describe('the blurred master has at least 40 dB PSNR against a Gaussian blur of the master', () => {
  test.each([
    [1200, 900],
    [901, 1203],
    [480, 400],
    [337, 251],
    [33, 32],
  ])('at %i x %i px', async (width, height) => {
    const [master, blurred] = await masters(scenery(width, height));

    // Where the kernel is wider than the photo, most of the result is what is assumed beyond the edges.
    const least = Math.min(width, height) > 40 ? 40 : 38;
    expect(await fidelity(master, blurred, 20)).toBeGreaterThan(least);
  });

  test.each([1, 4, 10, 16, 24, 40])('with a radius of %i px', async (radius) => {
    const [master, blurred] = await masters(scenery(1040, 800), radius);

    // A blur of 1 px leaves as much as JPEG itself loses.
    const least = radius < 4 ? 33 : 40;
    expect(await fidelity(master, blurred, radius)).toBeGreaterThan(least);
  });

  test('across black and white edges', async () => {
    const edges = sharp(checkerboard(640, 480, 160), {
      raw: { width: 640, height: 480, channels: 3 },
    });
    const [master, blurred] = await masters(edges);

    expect(await fidelity(master, blurred, 20)).toBeGreaterThan(40);
  });
});

test.each([
  { radius: 20, size: [512, 384] },
  { radius: 200, size: [512, 384] },
  { radius: 10, size: [600, 450] },
  { radius: 5, size: [1200, 900] },
])(
  'the blurred master of 1200 x 900 px has $size px with a radius of $radius',
  async (expected) => {
    const [, blurred] = await masters(scenery(1200, 900), expected.radius);
    const { width, height } = await sharp(blurred.bytes).metadata();

    expect([blurred.width, blurred.height]).toEqual(expected.size);
    expect([width, height]).toEqual(expected.size);
  },
);

test('colors far from any edge do not change', async () => {
  const [, blurred] = await masters(quarters(800, 800));
  const { data, info } = await sharp(blurred.bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const start = 3 * (Math.round(y * info.height) * info.width + Math.round(x * info.width));
    return [...data.subarray(start, start + 3)];
  };

  for (const [color, x, y] of [
    ['red', 0.125, 0.125],
    ['green', 0.875, 0.125],
    ['blue', 0.125, 0.875],
  ] as const) {
    at(x, y).forEach((value, channel) => {
      expect(Math.abs(value - (COLORS[color][channel] ?? 0))).toBeLessThanOrEqual(3);
    });
  }
});

/** Black and white squares, RGB. */
function checkerboard(width: number, height: number, side: number): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    if ((Math.floor(x / side) + Math.floor(y / side)) % 2) data.fill(255, 3 * at, 3 * at + 3);
  }
  return data;
}

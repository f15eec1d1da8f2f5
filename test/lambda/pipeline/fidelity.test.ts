import sharp from 'sharp';
import { expect, test } from 'vitest';
import { chooseSquare, cut } from '../../../lambda/pipeline/crop.ts';
import { decode } from '../../../lambda/pipeline/decode.ts';
import { decodedSize, masterSize } from '../../../lambda/pipeline/downscale.ts';
import { describe as describePhoto } from '../../../lambda/pipeline/inspect.ts';
import { open, resize } from '../../../lambda/pipeline/sharp.ts';
import { psnr, scenery } from '../support/drawings.ts';

const CENTRE = { strategy: 'CENTRE' } as const;

// The sizes at which decoders shrink on their own, with and without a rest; a panorama.
test.each([
  [4200, 1400],
  [4203, 1397],
  [6400, 1600],
  [6401, 1602],
  [3000, 300],
])(
  'a photo of %i x %i px is within 38 dB of its full decode',
  { timeout: 60_000 },
  async (width, height) => {
    const photo = await scenery(1050, Math.round((1050 * height) / width))
      .resize(width, height, { fit: 'fill' })
      .jpeg({ quality: 90 })
      .toBuffer();
    const whole = await sharp(photo).raw().toBuffer();
    const full = () => sharp(whole, { raw: { width, height, channels: 3 } });

    const found = await describePhoto(photo, 50_000_000);
    const pixels = await decode(photo, found, decodedSize(found, CENTRE, 400));
    const master = await resize(pixels, masterSize(found));
    const square = await chooseSquare(pixels, master, CENTRE);
    const portrait = await cut(pixels, square, 400);

    const ideal = full().resize(master.width, master.height, { fit: 'fill' });
    expect(await psnr(open(master), ideal)).toBeGreaterThan(38);
    for (const side of [50, 100, 200, 400]) {
      const part = full().extract({
        left: Math.round(square.x * width),
        top: Math.round(square.y * height),
        width: Math.round(square.width * width),
        height: Math.round(square.height * height),
      });
      const scaled = await resize(portrait, { width: side, height: side });
      expect(await psnr(open(scaled), part.resize(side, side, { fit: 'fill' }))).toBeGreaterThan(
        38,
      );
    }
  },
);

import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { createVariants } from '../../../lambda/pipeline/create-variants.ts';
import { OPTIONS, quarters, scenery } from '../support/drawings.ts';

/** Where libvips' own attention would cut the largest square, as fractions of the photo. */
async function libvips(photo: Buffer, width: number, height: number) {
  const side = Math.min(width, height);
  const { info } = await sharp(photo)
    .resize(side, side, { position: sharp.strategy.attention })
    .toBuffer({ resolveWithObject: true });
  const { cropOffsetLeft: left = 0, cropOffsetTop: top = 0 } = info;
  return { x: Math.abs(left) / width, y: Math.abs(top) / height };
}

async function portrait(background: Sharp, at: { left: number; top: number }) {
  const face = sharp({ create: { width: 80, height: 100, channels: 3, background: '#d9a07f' } });
  const eyes = { input: await quarters(50, 20).png().toBuffer(), top: 30, left: 15 };
  const head = await face.composite([eyes]).png().toBuffer();
  return background
    .composite([{ input: head, ...at }])
    .png()
    .toBuffer();
}

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#6f7a80' } });

describe('attention', () => {
  test.each([0, 130, 260, 390, 520])('looks where libvips looks: at %d px', async (left) => {
    const photo = await portrait(plain(600, 240), { left, top: 70 });

    const { crop } = await createVariants(photo, { strategy: 'ATTENTION' }, OPTIONS);

    // Both look at 32 px of the photo.
    const { x } = await libvips(photo, 600, 240);
    expect(Math.abs(crop.x - x)).toBeLessThanOrEqual(2 / 32);
  });

  test.each([0, 150, 300, 450])('finds a face before waves: at %d px', async (top) => {
    const photo = await portrait(scenery(240, 560), { left: 90, top });

    const { crop } = await createVariants(photo, { strategy: 'ATTENTION' }, OPTIONS);

    expect(crop.y * 560).toBeLessThanOrEqual(top);
    expect((crop.y + crop.height) * 560).toBeGreaterThanOrEqual(top + 100);
  });

  test('finds nothing in transparent areas', async () => {
    const clear = sharp({
      create: { width: 600, height: 240, channels: 4, background: '#ff000000' },
    });
    const photo = await portrait(clear, { left: 480, top: 70 });

    const { crop } = await createVariants(photo, { strategy: 'ATTENTION' }, OPTIONS);

    expect(crop.x + crop.width).toBeCloseTo(1);
  });
});

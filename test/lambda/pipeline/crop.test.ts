import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { CropSpec } from '../../../contract/crop.ts';
import { createVariants } from '../../../lambda/pipeline/create-variants.ts';
import { colorsOf, named, OPTIONS, quarters, turned } from '../support/drawings.ts';

const cut = async (spec: CropSpec, photo = quarters(400, 200)) =>
  createVariants(await photo.png().toBuffer(), spec, OPTIONS);

describe('cuts', () => {
  test('the center', async () => {
    const { crop } = await cut({ strategy: 'CENTRE' });

    expect(crop).toEqual({ strategy: 'CENTRE', x: 0.25, y: 0, width: 0.5, height: 1 });
  });

  test.each([
    [0, 0.5, 0],
    [0.3, 0.1, 0.05],
    [1, 1, 0.5],
  ])('around a focal point at %d, %d, without leaving the photo', async (x, y, left) => {
    const { crop } = await cut({ strategy: 'FOCAL_POINT', x, y });

    expect(crop).toEqual({ strategy: 'FOCAL_POINT', x: left, y: 0, width: 0.5, height: 1 });
  });

  test('a square rectangle exactly', async () => {
    const spec: CropSpec = { strategy: 'RECTANGLE', x: 0.5, y: 0, width: 0.25, height: 0.5 };

    const result = await cut(spec);

    expect(result.crop).toEqual(spec);
    const colours = await colorsOf(named(result, '80').bytes);
    expect(new Set(colours)).toEqual(new Set(['green']));
  });

  test('the center of a rectangle that is not square', async () => {
    const { crop } = await cut({ strategy: 'RECTANGLE', x: 0, y: 0, width: 1, height: 0.5 });

    expect(crop).toEqual({ strategy: 'RECTANGLE', x: 0.375, y: 0, width: 0.25, height: 0.5 });
  });

  test('at least one pixel of a tiny rectangle', async () => {
    const { crop } = await cut({ strategy: 'RECTANGLE', x: 1, y: 1, width: 1e-9, height: 1e-9 });

    expect(crop).toEqual({
      strategy: 'RECTANGLE',
      x: 399 / 400,
      y: 199 / 200,
      width: 1 / 400,
      height: 1 / 200,
    });
  });

  test('the upright photo, not the stored one', async () => {
    const stored = await turned(quarters(400, 200), 6);
    const spec: CropSpec = { strategy: 'RECTANGLE', x: 0.5, y: 0.5, width: 0.25, height: 0.5 };

    const result = await cut(spec, stored);

    expect(result.crop).toEqual(spec);
    expect(new Set(await colorsOf(named(result, '80').bytes))).toEqual(new Set(['grey']));
  });

  test.each([
    ['left', 0],
    ['right', 1],
  ])('the most salient part, on the %s', async (_, side) => {
    const face = await sharp({
      create: { width: 90, height: 90, channels: 3, background: '#e0ac8a' },
    })
      .composite([{ input: await quarters(30, 20).png().toBuffer() }])
      .png()
      .toBuffer();
    const photo = sharp({
      create: { width: 600, height: 200, channels: 3, background: '#7a7d80' },
    }).composite([{ input: face, left: side === 0 ? 30 : 480, top: 55 }]);

    const { crop } = await cut({ strategy: 'ATTENTION' }, photo);

    expect(crop).toMatchObject({ strategy: 'ATTENTION', y: 0, height: 1 });
    // The face is 30 to 120 px from its edge and must be inside.
    if (side === 0) expect(crop.x * 600).toBeLessThan(30);
    else expect((crop.x + crop.width) * 600).toBeGreaterThan(570);
  });

  test('from as many pixels as the largest size needs, not from the downscaled master', async () => {
    const photo = quarters(4000, 3000);
    const spec: CropSpec = { strategy: 'RECTANGLE', x: 0.45, y: 0.45, width: 0.1, height: 0.1333 };

    const result = await createVariants(await photo.jpeg().toBuffer(), spec, {
      ...OPTIONS,
      sizes: [400],
      maxPixels: 50_000_000,
    });

    // Cut from the master, the edge between two quarters would be two pixels wide.
    const { data } = await sharp(named(result, '400').bytes)
      .raw()
      .toBuffer({ resolveWithObject: true });
    const at = (x: number) => data[3 * (60 * 400 + x)] ?? 0;
    expect(at(195) - at(205)).toBeGreaterThan(150);
  });
});

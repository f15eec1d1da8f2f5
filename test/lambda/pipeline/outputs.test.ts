import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CropSpec } from '../../../contract/crop.ts';
import { IMAGE_FORMATS } from '../../../contract/image.ts';
import type { VariantConfig } from '../../../lambda/config.ts';
import { createVariants } from '../../../lambda/pipeline/create-variants.ts';
import {
  colorsOf,
  halfClear,
  named,
  OPTIONS,
  psnr,
  quarters,
  scenery,
} from '../support/drawings.ts';

const CENTRE: CropSpec = { strategy: 'CENTRE' };
const make = (bytes: Uint8Array, crop = CENTRE, options: Partial<VariantConfig> = {}) =>
  createVariants(bytes, crop, { ...OPTIONS, maxPixels: 50_000_000, ...options });

let scene: Buffer;
beforeAll(async () => {
  scene = await scenery(1200, 800).jpeg({ quality: 95 }).toBuffer();
});

describe('produces', () => {
  test('a master of at most 2048 px, and every size in every format', async () => {
    const large = await scenery(2600, 1300).jpeg().toBuffer();

    const result = await make(large, CENTRE, { formats: IMAGE_FORMATS });

    expect(
      result.variants.map(({ name, format, width, height }) => [name, format, width, height]),
    ).toEqual([
      ['master', 'jpeg', 2048, 1024],
      ...[40, 80].flatMap((side) => IMAGE_FORMATS.map((format) => [`${side}`, format, side, side])),
    ]);
    for (const { bytes, format, width, height } of result.variants) {
      const found = await sharp(bytes).metadata();
      expect(found).toMatchObject({ format: format === 'avif' ? 'heif' : format, width, height });
    }
  });

  test('a master not larger than the photo, and squares enlarged if necessary', async () => {
    const result = await make(await quarters(60, 40).png().toBuffer());

    expect(named(result, 'master')).toMatchObject({ width: 60, height: 40 });
    expect(await colorsOf(named(result, '80').bytes)).toEqual(['red', 'green', 'blue', 'grey']);
  });

  test('a white background of transparent photos, in JPEG only', async () => {
    const clear = await (await halfClear()).png().toBuffer();

    const result = await make(clear, CENTRE, { formats: IMAGE_FORMATS });

    const right = async (format: string) => (await colorsOf(named(result, '80', format).bytes))[1];
    expect([await right('jpeg'), await right('webp'), await right('avif')]).toEqual([
      'white',
      'clear',
      'clear',
    ]);
  });

  test('the same bytes for the same photo, crop and settings', async () => {
    const options = { blur: true, formats: IMAGE_FORMATS };

    const once = await make(scene, { strategy: 'ATTENTION' }, options);
    const again = await make(scene, { strategy: 'ATTENTION' }, options);

    expect(again).toEqual(once);
  });

  test('the most frequent color of the photo', async () => {
    const mostlyGreen = await sharp({
      create: { width: 90, height: 60, channels: 3, background: '#2a6e3f' },
    })
      .composite([{ input: await quarters(20, 20).png().toBuffer(), left: 0, top: 0 }])
      .png()
      .toBuffer();

    expect((await make(mostlyGreen)).dominantColor).toBe('#2a6e3f');
  });
});

describe('blurs', () => {
  test('the master by BLUR_RADIUS, and the squares to the same look', async () => {
    const result = await make(scene, CENTRE, { blur: true, sizes: [100, 400] });

    const master = sharp(named(result, 'master').bytes);
    const ideal = await master.clone().blur({ sigma: 20, minAmplitude: 0.01 }).png().toBuffer();
    const { width, height } = named(result, 'master');
    const blurred = sharp(named(result, 'master-blurred').bytes).resize(width, height, {
      fit: 'fill',
    });
    expect(await psnr(blurred, ideal)).toBeGreaterThan(38);
    for (const side of [100, 400]) {
      const square = await sharp(ideal).resize(side, side).png().toBuffer();
      expect(await psnr(named(result, `${side}-blurred`).bytes, square)).toBeGreaterThan(38);
    }
  });

  test('all variants or none', async () => {
    const blurred = (await make(scene, CENTRE, { blur: true })).variants.filter(
      (one) => one.blurred,
    );
    const plain = (await make(scene)).variants.filter((one) => one.blurred);

    expect(blurred.map(({ name, width, height }) => [name, width, height])).toEqual([
      ['master-blurred', 512, 341],
      ['40-blurred', 40, 40],
      ['80-blurred', 80, 80],
    ]);
    expect(plain).toEqual([]);
  });

  test('transparent photos without dark edges', async () => {
    const clear = await (await halfClear(400, 400)).png().toBuffer();

    const result = await make(clear, CENTRE, { blur: true });

    const blurred = named(result, 'master-blurred');
    const { data } = await sharp(blurred.bytes).raw().toBuffer({ resolveWithObject: true });
    const edge = 4 * (100 * 400 + 198);
    expect(blurred.format).toBe('webp');
    // Red as in the quarter, half seen through: not mixed with the black of what is not there.
    expect(data[edge]).toBeGreaterThan(190);
    expect(data[edge + 3]).toBeGreaterThan(90);
    expect(data[edge + 3]).toBeLessThan(165);
  });
});

describe('the placeholder', () => {
  /** Mean colour and shape, as its first five bytes say. @see https://evanw.github.io/thumbhash/ */
  const read = (placeholder: string) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = Buffer.from(placeholder, 'base64');
    const head = a | (b << 8) | (c << 16);
    const light = (head & 63) / 63;
    const yellow = ((head >> 6) & 63) / 31.5 - 1;
    const red = ((head >> 12) & 63) / 31.5 - 1;
    const blue = light - (2 / 3) * yellow;
    const r = (3 * light - blue + red) / 2;
    return {
      rgb: [r, r - red, blue].map((v) => Math.round(255 * v)),
      isLandscape: e >> 7 === 1,
      hasAlpha: c >> 7 === 1,
      d,
    };
  };

  test.each([
    ['#c04020', [192, 64, 32]],
    ['#205080', [32, 80, 128]],
  ])('of a photo that is entirely %s has that color', async (background, expected) => {
    const plain = sharp({ create: { width: 300, height: 200, channels: 3, background } });

    const { rgb, isLandscape, hasAlpha } = read(
      (await make(await plain.png().toBuffer())).placeholder,
    );

    for (const [at, value] of expected.entries())
      expect(Math.abs((rgb[at] ?? 0) - value)).toBeLessThan(8);
    expect({ isLandscape, hasAlpha }).toEqual({ isLandscape: true, hasAlpha: false });
  });

  test('has at most 30 bytes and contains aspect ratio and transparency', async () => {
    const tall = await make(await scenery(200, 500).png().toBuffer());
    const clear = await make(await (await halfClear()).png().toBuffer());

    for (const { placeholder } of [tall, clear]) {
      expect(Buffer.from(placeholder, 'base64').length).toBeLessThan(31);
    }
    expect(read(tall.placeholder).isLandscape).toBe(false);
    expect(read(clear.placeholder).hasAlpha).toBe(true);
  });
});

import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { createVariants } from '../../../lambda/pipeline/create-variants.ts';
import {
  colorsOf,
  halfClear,
  named,
  OPTIONS,
  psnr,
  quarters,
  turned,
} from '../support/drawings.ts';

const CENTRE = { strategy: 'CENTRE' } as const;
const make = (bytes: Uint8Array) => createVariants(bytes, CENTRE, OPTIONS);

const UPRIGHT = ['red', 'green', 'blue', 'grey'];

const ENCODERS: Record<string, (picture: Sharp) => Sharp> = {
  'baseline JPEG': (picture) => picture.jpeg({ quality: 92 }),
  'progressive JPEG': (picture) => picture.jpeg({ quality: 92, progressive: true }),
  'JPEG 4:4:4': (picture) => picture.jpeg({ chromaSubsampling: '4:4:4' }),
  PNG: (picture) => picture.png(),
  'interlaced PNG': (picture) => picture.png({ progressive: true }),
  'palette PNG': (picture) => picture.png({ palette: true }),
  '16-bit PNG': (picture) => picture.toColourspace('rgb16').png(),
  WebP: (picture) => picture.webp({ quality: 92 }),
  'lossless WebP': (picture) => picture.webp({ lossless: true }),
  AVIF: (picture) => picture.avif({ quality: 80, effort: 0 }),
  GIF: (picture) => picture.gif(),
};
const types = Object.entries(ENCODERS);

describe('reads', () => {
  test.each(types)('%s', async (_, encode) => {
    const result = await make(await encode(quarters()).toBuffer());

    expect(named(result, 'master')).toMatchObject({ format: 'jpeg', width: 120, height: 80 });
    expect(await colorsOf(named(result, 'master').bytes)).toEqual(UPRIGHT);
    expect(await colorsOf(named(result, '80').bytes)).toEqual(UPRIGHT);
  });

  test.each(types.filter(([name]) => !name.includes('JPEG')))(
    '%s with transparency, and keeps it',
    async (_, encode) => {
      const result = await make(await encode(await halfClear()).toBuffer());

      expect(named(result, 'master').format).toBe('webp');
      expect(await colorsOf(named(result, 'master').bytes)).toEqual([
        'red',
        'clear',
        'blue',
        'clear',
      ]);
      expect(await colorsOf(named(result, '80').bytes)).toEqual(['red', 'clear', 'blue', 'clear']);
    },
  );

  test.each(types)('%s in grayscale', async (_, encode) => {
    const grey = quarters().greyscale().toColourspace('b-w');
    const expected = await sharp(await quarters().greyscale().png().toBuffer())
      .resize(1, 1)
      .raw()
      .toBuffer();

    const result = await make(await encode(grey).toBuffer());

    const [r, g, b] = await sharp(named(result, 'master').bytes).resize(1, 1).raw().toBuffer();
    expect(Math.abs((r ?? 0) - (expected[0] ?? 0))).toBeLessThan(6);
    expect([g, b]).toEqual([r, r]);
  });

  test('an opaque alpha channel as none, so that the master is a JPEG', async () => {
    const result = await make(await quarters().ensureAlpha().png().toBuffer());

    expect(named(result, 'master').format).toBe('jpeg');
  });

  test.each(['gif', 'webp'] as const)('the first frame of a moving %s', async (format) => {
    const frames = await Promise.all(
      [quarters(), quarters().negate(), quarters().flop()].map((frame) => frame.png().toBuffer()),
    );
    const moving = await sharp(frames, { join: { animated: true } })
      [format]()
      .toBuffer();

    expect(await colorsOf(named(await make(moving), 'master').bytes)).toEqual(UPRIGHT);
  });

  test('the still picture of an AVIF sequence with another brand', async () => {
    const avif = await quarters().avif({ quality: 80, effort: 0 }).toBuffer();
    avif.write('avis', avif.indexOf('ftypavif') + 4, 'latin1');

    const result = await make(avif);

    expect(await colorsOf(named(result, 'master').bytes)).toEqual(UPRIGHT);
  });

  test('the first picture of a JPEG with several, as phones write them', async () => {
    const [first, second] = await Promise.all([
      quarters().jpeg().toBuffer(),
      quarters().negate().jpeg().toBuffer(),
    ]);

    const result = await make(Buffer.concat([first, second]));

    expect(await colorsOf(named(result, 'master').bytes)).toEqual(UPRIGHT);
  });
});

describe('turns upright', () => {
  const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
  const carriers = types.filter(([name]) => /^(baseline|progressive|PNG|WebP|AVIF)/.test(name));
  const table = carriers.flatMap(([name, encode]) =>
    orientations.map((orientation) => ({ name, encode, orientation })),
  );

  test.each(table)('$name with EXIF orientation $orientation', async ({ encode, orientation }) => {
    const stored = await turned(quarters(), orientation);

    const result = await make(await encode(stored).toBuffer());

    expect(named(result, 'master')).toMatchObject({ width: 120, height: 80 });
    expect(await colorsOf(named(result, 'master').bytes)).toEqual(UPRIGHT);
    expect(await colorsOf(named(result, '40').bytes)).toEqual(UPRIGHT);
  });

  test('a transparent photo', async () => {
    const stored = await turned(await halfClear(), 6);

    const result = await make(await stored.png().toBuffer());

    expect(await colorsOf(named(result, 'master').bytes)).toEqual([
      'red',
      'clear',
      'blue',
      'clear',
    ]);
  });

  test('a photo that is shrunk on load', async () => {
    const stored = await turned(quarters(4200, 2800), 8);

    const result = await createVariants(await stored.jpeg().toBuffer(), CENTRE, {
      ...OPTIONS,
      maxPixels: 50_000_000,
    });

    expect(named(result, 'master')).toMatchObject({ width: 2048, height: 1365 });
    expect(await colorsOf(named(result, 'master').bytes)).toEqual(UPRIGHT);
  });
});

describe('converts to sRGB', () => {
  test('a CMYK JPEG by its own or the default press profile', async () => {
    // Paper has no bright colours.
    const dull = await quarters().modulate({ saturation: 0.5 }).png().toBuffer();
    const cmyk = await sharp(dull).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();

    const master = named(await make(cmyk), 'master').bytes;

    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    expect((await sharp(master).metadata()).space).toBe('srgb');
    expect(await psnr(master, dull)).toBeGreaterThan(28);
  });

  const wide: Record<string, (picture: Sharp) => Sharp> = {
    JPEG: (picture) => picture.jpeg({ quality: 95 }),
    PNG: (picture) => picture.png(),
    WebP: (picture) => picture.webp({ quality: 95 }),
    AVIF: (picture) => picture.avif({ quality: 85, effort: 0 }),
  };
  test.each(Object.entries(wide))('wide-gamut %s by its profile', async (_, encode) => {
    // The same colours, written in Display P3: their numbers differ, what is seen does not.
    const p3 = await encode(quarters().withIccProfile('p3')).toBuffer();

    const result = await make(p3);

    expect(await colorsOf(await encode(sharp(p3, { ignoreIcc: true })).toBuffer())).not.toEqual(
      UPRIGHT,
    );
    expect(await colorsOf(named(result, 'master').bytes)).toEqual(UPRIGHT);
  });

  test('a photo with a broken profile as if it had none', async () => {
    const jpeg = await quarters().withIccProfile('p3').jpeg().toBuffer();
    const at = jpeg.indexOf('acsp');
    jpeg.fill(0x7f, at - 20, at + 60);

    expect((await make(jpeg)).variants.length).toBe(3);
  });
});

import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../../contract/limits.ts';
import { PhotoError } from '../../../lambda/errors.ts';
import { createVariants } from '../../../lambda/pipeline/create-variants.ts';
import { named, OPTIONS, psnr, quarters, scenery } from '../support/drawings.ts';
import { claimSize, type FileType, files } from '../support/files.ts';

const CENTRE = { strategy: 'CENTRE' } as const;
const make = (bytes: Uint8Array) => createVariants(bytes, CENTRE, OPTIONS);
/** Why a photo is refused; undefined when it is not. */
const refusal = (bytes: Uint8Array) =>
  make(bytes).then(
    () => undefined,
    (error: unknown) => error,
  );

const TYPES: FileType[] = ['jpeg', 'png', 'webp', 'avif', 'gif'];
let photos: Awaited<ReturnType<typeof files>>;
beforeAll(async () => {
  photos = await files(scenery(240, 160));
});

describe('rejects by content, whatever the file is called', () => {
  test.each<[string, string | number[]]>([
    ['an SVG drawing', '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'],
    ['an SVG drawing', '\n<?xml version="1.0"?><svg/>'],
    ['a web page', '<!DOCTYPE html><script>alert(1)</script>'],
    ['a PDF document', '%PDF-1.7'],
    ['a PostScript file', '%!PS-Adobe-3.0 EPSF-3.0'],
    ['a Photoshop file', '8BPS\0\x01'],
    ['a BMP image', 'BM\x36\0\0\0'],
    ['a TIFF or raw photo', 'II*\0\x08\0\0\0'],
    ['a TIFF or raw photo', 'MM\0*\0\0\0\x08'],
    ['a video', '\0\0\0\x18ftypisom\0\0\0\0isommp42'],
    ['a JPEG XL image', [0xff, 0x0a, 0, 0]],
    ['an archive', 'PK\x03\x04'],
    ['empty', ''],
    ['not a supported image', 'push graphic-context'],
  ])('%s', async (name, start) => {
    const bytes = Buffer.from(typeof start === 'string' ? Buffer.from(start, 'latin1') : start);

    expect(await refusal(bytes)).toMatchObject({
      code: 'PHOTO_TYPE_UNSUPPORTED',
      message: expect.stringContaining(`The file is ${name}.`),
    });
  });

  test('a real TIFF, also if it reaches libvips', async () => {
    const tiff = await quarters().tiff().toBuffer();

    expect(await refusal(tiff)).toMatchObject({ code: 'PHOTO_TYPE_UNSUPPORTED' });
    await expect(sharp(tiff).metadata()).rejects.toThrow(/unsupported/);
  });

  test('a HEIF whose items are in another format', async () => {
    // What names itself VVC, and a HEIF in general.
    const vvc = Buffer.from(photos.avif.toString('latin1').replaceAll('avif', 'vvic'), 'latin1');

    expect(await refusal(vvc)).toMatchObject({
      code: 'PHOTO_TYPE_UNSUPPORTED',
      message: expect.stringContaining('The file is a HEIF file with an unsupported codec.'),
    });
  });
});

describe('rejects before decoding', () => {
  test.each(TYPES)('a %s whose header claims too many pixels', async (type) => {
    const bomb = claimSize(type, photos[type], [12_000, 12_000]);

    expect(await refusal(bomb)).toMatchObject({
      code: 'PHOTO_TOO_MANY_PIXELS',
      facts: { limit: OPTIONS.maxPixels, actual: 144_000_000 },
    });
  });

  test.each(['png', 'gif', 'jpeg'] as const)('a %s whose header claims the most', async (type) => {
    const bomb = claimSize(type, photos[type], [65_500, 65_500]);

    expect(await refusal(bomb)).toMatchObject({ code: 'PHOTO_TOO_MANY_PIXELS' });
  });

  test('a HEIF with more tiles than photos of that size have', async () => {
    const pieces = Buffer.from(photos.avif);
    // The count comes after the type, version and flags of its box.
    pieces.writeUInt16BE(822, pieces.indexOf('iinf') + 8);

    expect(await refusal(pieces)).toMatchObject({
      code: 'PHOTO_TOO_MANY_PIXELS',
      facts: { limit: OPTIONS.maxPixels },
    });
  });

  test('a JPEG with a thousand scans', async () => {
    const jpeg = await scenery(240, 160).jpeg({ progressive: true }).toBuffer();
    const last = jpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
    const again = Array.from({ length: 1000 }, () => jpeg.subarray(last, -2));

    const error = await refusal(Buffer.concat([jpeg.subarray(0, -2), ...again, jpeg.subarray(-2)]));

    // Without a cause: it is the count that refuses it, not a decoder that tried.
    expect(error).toMatchObject({ code: 'PHOTO_UNREADABLE', cause: undefined });
  });

  test('a photo that is too elongated', async () => {
    const long = claimSize('png', photos.png, [20_000, 40]);

    expect(await refusal(long)).toMatchObject({
      code: 'PHOTO_TOO_MANY_PIXELS',
      facts: { limit: LIMITS.maxSide, actual: 20_000 },
    });
  });

  test('a photo that is too small to show a face', async () => {
    const small = await quarters(200, 31).png().toBuffer();

    expect(await refusal(small)).toMatchObject({
      code: 'PHOTO_TOO_SMALL',
      facts: { limit: 32, actual: 31 },
    });
  });
});

describe('rejects a truncated photo', () => {
  const parts = Array.from({ length: 19 }, (_, step) => 5 * (step + 1));
  const table = TYPES.flatMap((type) => parts.map((percent) => ({ type, percent })));

  test.each(table)('$type after $percent %', async ({ type, percent }) => {
    const cut = photos[type].subarray(0, Math.floor((photos[type].length * percent) / 100));

    expect(await refusal(cut)).toMatchObject({ code: 'PHOTO_UNREADABLE' });
  });

  const END = Buffer.from([0xff, 0xd9]);
  const wounds: Record<string, (jpeg: Buffer) => Buffer> = {
    'in its last per cent': (jpeg) => jpeg.subarray(0, jpeg.length * 0.99),
    'in its last byte': (jpeg) => jpeg.subarray(0, -4),
    'and filled up with zeros': (jpeg) => Buffer.from(jpeg).fill(0, jpeg.length / 2),
    'and ended by a marker': (jpeg) => Buffer.concat([jpeg.subarray(0, jpeg.length / 2), END]),
    'by a marker in the middle': (jpeg) =>
      Buffer.from(jpeg).fill(END, jpeg.length / 2, jpeg.length / 2 + 2),
  };
  const jpegs = ['baseline', 'progressive'].flatMap((kind) =>
    Object.entries(wounds).map(([name, wound]) => ({ kind, name, wound })),
  );
  test.each(jpegs)('$kind JPEG $name', async ({ kind, wound }) => {
    const jpeg = await scenery(240, 160)
      .jpeg({ progressive: kind === 'progressive' })
      .toBuffer();

    expect(await refusal(wound(jpeg))).toMatchObject({ code: 'PHOTO_UNREADABLE' });
  });
});

describe('accepts a complete photo', () => {
  const oddities: Record<string, (jpeg: Buffer) => Buffer> = {
    'without end marker': (jpeg) => jpeg.subarray(0, -2),
    'with zeros behind it': (jpeg) => Buffer.concat([jpeg, Buffer.alloc(5000)]),
    'with a web page behind it': (jpeg) => Buffer.concat([jpeg, Buffer.from('<html><script>')]),
    'with an archive behind it': (jpeg) => Buffer.concat([jpeg, Buffer.from('PK\x03\x04 secret')]),
    'with padding before its end': (jpeg) =>
      Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(9, 7), jpeg.subarray(-2)]),
    'with the scan parameters of some Samsung phones': (jpeg) => {
      const odd = Buffer.from(jpeg);
      const scan = odd.indexOf(Buffer.from([0xff, 0xda]));
      odd[scan + 1 + odd.readUInt16BE(scan + 2)] = 1;
      return odd;
    },
  };
  test.each(Object.entries(oddities))('JPEG %s', async (_, change) => {
    const result = await make(change(photos.jpeg));

    const master = named(result, 'master').bytes;
    expect(await psnr(master, photos.jpeg)).toBeGreaterThan(30);
    expect(Buffer.from(master).includes('secret')).toBe(false);
  });

  test('an animated GIF of many frames costs only its first', async () => {
    const frame = await quarters(64, 64).png().toBuffer();
    const frames = await sharp(
      Array.from({ length: 3 }, () => frame),
      { join: { animated: true } },
    )
      .gif({ interFrameMaxError: 0, keepDuplicateFrames: true })
      .toBuffer();
    const last = frames.lastIndexOf(Buffer.from([0x21, 0xf9]));
    const many = Buffer.concat([
      frames.subarray(0, last),
      ...Array.from({ length: 10_000 }, () => frames.subarray(last, -1)),
      frames.subarray(-1),
    ]);

    expect((await make(many)).variants).toHaveLength(3);
  });
});

test('responds to random damage with variants or an error of the photo', {
  timeout: 120_000,
}, async () => {
  const small = await files(scenery(48, 40));
  const flip = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    to: fc.nat(255),
  });

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...TYPES),
      fc.array(flip, { minLength: 1, maxLength: 12 }),
      async (type, flips) => {
        const bytes = Buffer.from(small[type]);
        for (const { at, to } of flips) bytes[Math.floor(at * bytes.length)] = to;

        const result = await createVariants(bytes, CENTRE, { ...OPTIONS, sizes: [40] }).catch(
          (error: unknown) => error,
        );

        if (result instanceof PhotoError) return;
        expect(result).toHaveProperty('variants.length', 2);
      },
    ),
    { numRuns: 1000 },
  );
});

import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import sharp from 'sharp';
import { beforeAll, expect, test, vi } from 'vitest';
import { createVariants } from '../../../lambda/pipeline/create-variants.ts';
import { colorsOf, named, OPTIONS, psnr, quarters, scenery, turned } from '../support/drawings.ts';

// Of photos that become two to three times smaller: decoders halve them, which sharp alone would not do.
const make = (photo: Uint8Array) =>
  createVariants(photo, { strategy: 'CENTRE' }, { ...OPTIONS, maxPixels: 50_000_000 });

let photo: Buffer;
beforeAll(async () => {
  const small = scenery(1008, 756);
  photo = await small.resize(4032, 3024, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer();
});

test("a photo of nearly twice the master's size is decoded at half size, within 38 dB of a full decode", async () => {
  const master = named(await make(photo), 'master');

  const whole = await sharp(photo).raw().toBuffer();
  const ideal = sharp(whole, { raw: { width: 4032, height: 3024, channels: 3 } });
  expect(master).toMatchObject({ width: 2016, height: 1512 });
  expect(await psnr(master.bytes, ideal.resize(2016, 1512).jpeg({ quality: 85 }))).toBeGreaterThan(
    38,
  );
});

test.each([1, 3, 6, 8])('a halved photo of orientation %i is upright', async (orientation) => {
  const upright = quarters(4400, 3000);
  const file = await (await turned(upright, orientation)).jpeg().toBuffer();

  const master = named(await make(file), 'master');

  expect([master.width, master.height]).toEqual([2048, 1396]);
  expect(await colorsOf(master.bytes)).toEqual(['red', 'green', 'blue', 'grey']);
});

test('rejects a truncated photo decoded at half size, but accepts one that lacks only its end marker', async () => {
  const cut = make(photo.subarray(0, photo.length * 0.9));
  await expect(cut).rejects.toMatchObject({ code: 'PHOTO_UNREADABLE' });

  const { variants } = await make(photo.subarray(0, -2));
  expect(variants).toHaveLength(3);
});

test('leaves no file of a photo decoded at half size', async () => {
  await make(photo);

  const files = await readdir(tmpdir());
  expect(files.filter((name) => /^portrait-[\da-f]{8}-/.test(name))).toEqual([]);
});

test('decodes the photo in full where no file can be written', async () => {
  vi.stubEnv('TMPDIR', '/nowhere');

  const master = named(await make(photo), 'master');

  vi.unstubAllEnvs();
  expect(master).toMatchObject({ width: 2016, height: 1512 });
});

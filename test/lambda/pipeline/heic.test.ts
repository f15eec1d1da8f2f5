import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createVariants } from '../../../lambda/pipeline/create-variants.ts';
import { COLORS, colorsOf, named, OPTIONS } from '../support/drawings.ts';
import { type Heic, heic } from '../support/heic.ts';

const { red, green, blue, grey } = COLORS;
const QUARTERS: Heic = {
  tiles: [
    [red, red, green, green],
    [blue, blue, grey, grey],
  ],
};
const make = (bytes: Uint8Array) => createVariants(bytes, { strategy: 'CENTRE' }, OPTIONS);

describe('HEIC', () => {
  test('is decoded tile by tile', async () => {
    const result = await make(heic(QUARTERS));

    expect(named(result, 'master')).toMatchObject({ format: 'jpeg', width: 128, height: 64 });
    expect(await colorsOf(named(result, 'master').bytes)).toEqual(['red', 'green', 'blue', 'grey']);
    expect(await colorsOf(named(result, '80').bytes)).toEqual(['red', 'green', 'blue', 'grey']);
  });

  test.each([
    [1, ['green', 'grey', 'red', 'blue']],
    [2, ['grey', 'blue', 'green', 'red']],
    [3, ['blue', 'red', 'grey', 'green']],
  ])('is rotated upright by %d quarter turns', async (turns, expected) => {
    // Phones write the same into EXIF, where it must not count again.
    const result = await make(
      heic({ ...QUARTERS, turns, orientation: { 1: 8, 2: 3, 3: 6 }[turns] ?? 1 }),
    );

    expect(await colorsOf(named(result, 'master').bytes)).toEqual(expected);
    expect(named(result, 'master').width).toBe(turns === 2 ? 128 : 64);
  });

  test('is converted with its color profile', async () => {
    const p3 = await sharp({
      create: { width: 32, height: 32, channels: 3, background: 'rgb(220,40,40)' },
    })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const { icc } = await sharp(p3).metadata();
    const { data } = await sharp(p3, { ignoreIcc: true })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const [r = 0, g = 0, b = 0] = data;
    if (!icc) throw new Error('sharp wrote no profile.');

    const result = await make(heic({ tiles: [[[r, g, b]]], icc }));

    const master = await sharp(named(result, 'master').bytes).raw().toBuffer();
    for (const [at, value] of [220, 40, 40].entries()) {
      expect(Math.abs((master[at] ?? 0) - value)).toBeLessThan(9);
    }
    expect(Math.abs(r - 220)).toBeGreaterThan(9);
  });

  test.each([20, 40, 60, 80, 99])('is refused when cut after %d %', async (percent) => {
    const whole = heic(QUARTERS);

    const refusal = await make(whole.subarray(0, (whole.length * percent) / 100)).catch(
      (error: unknown) => error,
    );

    expect(refusal).toHaveProperty('code', 'PHOTO_UNREADABLE');
  });

  test('is rejected by its header if it claims too many pixels', async () => {
    const bomb = heic(QUARTERS);
    const size = bomb.indexOf('ispe', bomb.indexOf('ispe') + 4);
    bomb.writeUInt32BE(12_000, size + 8);
    bomb.writeUInt32BE(12_000, size + 12);

    await expect(make(bomb)).rejects.toMatchObject({ code: 'PHOTO_TOO_MANY_PIXELS' });
  });
});

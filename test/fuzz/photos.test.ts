import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { PhotoError } from '../../lambda/errors.ts';
import { createVariants } from '../../lambda/pipeline/create-variants.ts';
import { metadataOf, OPTIONS } from '../lambda/support/drawings.ts';

/** A folder of any files: `FUZZ_PHOTOS=~/Pictures npx vitest run test/fuzz/photos`. */
const FOLDER = process.env.FUZZ_PHOTOS ?? join(import.meta.dirname, '../../docs');

const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => relative(FOLDER, join(parentPath, name)));

test.each(files)(
  '%s becomes variants without metadata, or is rejected with a code',
  async (file) => {
    const bytes = await readFile(join(FOLDER, file));
    const options = { ...OPTIONS, maxPixels: 50_000_000 };

    const made = await createVariants(bytes, { strategy: 'ATTENTION' }, options).catch((error) => {
      // Any other error would become status 500.
      expect(error).toBeInstanceOf(PhotoError);
    });

    for (const variant of made?.variants ?? []) {
      expect(await metadataOf(variant.bytes)).toEqual([]);
      const { width, height } = await sharp(variant.bytes).metadata();
      expect([width, height]).toEqual([variant.width, variant.height]);
    }
  },
);

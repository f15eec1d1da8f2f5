import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drawAll } from '../docs/pictures/draw.mjs';

const FOLDER = join(import.meta.dirname, '../docs/pictures');

test('every picture of the documents is what its text says (npm run draw)', async () => {
  const pictures = await drawAll();

  expect([...pictures.keys()]).toContain('aws.svg');
  for (const [name, svg] of pictures) {
    const kept = await readFile(join(FOLDER, name), 'utf8');
    expect(kept === svg, `${name} is not up to date`).toBe(true);
  }
});

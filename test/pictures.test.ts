import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drawAll } from '../docs/pictures/draw.mjs';

const FOLDER = join(import.meta.dirname, '../docs/pictures');

test('every diagram is up to date with its source (npm run draw)', async () => {
  const diagrams = await drawAll();

  expect([...diagrams.keys()]).toContain('aws.svg');
  for (const [name, svg] of diagrams) {
    const committed = await readFile(join(FOLDER, name), 'utf8');
    expect(committed === svg, `${name} is not up to date`).toBe(true);
  }
});

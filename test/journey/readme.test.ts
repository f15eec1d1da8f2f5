import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { coloursOf, quarters } from '../lambda/support/drawings.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let folder: string;
beforeAll(async () => {
  product = await startProduct();
  folder = await mkdtemp(join(tmpdir(), 'portrait-readme-'));
});
afterAll(async () => {
  await product.close();
  await rm(folder, { recursive: true });
});

test('the tour of the README works as it is written', async () => {
  const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
  const tour = /## A tour.*?```sh\n(.*?)```/s.exec(readme)?.[1] ?? '';
  await writeFile(join(folder, 'portrait.jpg'), await quarters(300, 300).jpeg().toBuffer());

  const script = tour.replaceAll('http://127.0.0.1:4000', product.url);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: folder });

  const [created = '', uploaded = ''] = stdout.trim().split('\n');
  expect(JSON.parse(created).data.createUser.profile.avatarUrl).toMatch(/^data:image\/svg/);
  const { photo } = JSON.parse(uploaded).data.uploadProfilePhoto;
  expect(photo).toMatchObject({ status: 'READY', width: 300, height: 300 });
  const picture = await fetch(photo.url);
  expect(await coloursOf(new Uint8Array(await picture.arrayBuffer()))).toEqual([
    'red',
    'green',
    'blue',
    'grey',
  ]);
});

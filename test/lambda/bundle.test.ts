import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleFunction } from '../../bundle.mjs';
import type { defineHandlers } from '../../lambda/handlers/handlers.ts';
import { quarters } from './support/drawings.ts';
import { freshId, post } from './support/events.ts';
import { batch, failed, openStage, type Stage, uploaded } from './support/queue.ts';

/** Apart from the one `npm start` runs, below the folder where sharp is found. */
const bundle = 'dist/test/index.cjs';

let stage: Stage;
let deployed: ReturnType<typeof defineHandlers>;
beforeAll(async () => {
  bundleFunction(bundle);
  stage = await openStage();
  Object.assign(process.env, stage.settings);
  deployed = await import(/* @vite-ignore */ pathToFileURL(bundle).href);
});
afterAll(() => stage.close());

test('the deployed file needs no package except libheif, for a HEIC', () => {
  const loads = readFileSync(bundle, 'utf8').matchAll(/\b(?:require|import)\("([^"]*)"\)/g);

  const names = [...loads].map(([, name = '']) => name).filter((name) => !isBuiltin(name));
  // What sharp would be built with, which nobody asks for.
  const packages = names.filter((name) => !name.startsWith('@img/sharp-libvips-dev/'));
  expect(packages).toEqual(['libheif-js/libheif-wasm/libheif.js']);
});

test('responds to a call', async () => {
  const { status } = await post(deployed.http, freshId(), await quarters().png().toBuffer());

  expect(status).toBe(200);
});

test('processes a direct upload', async () => {
  const photoId = await stage.upload();

  const answer = await deployed.queue(batch(uploaded(photoId)));

  expect(failed(answer)).toEqual([]);
  expect(stage.receiver.taken).toMatchObject([{ type: 'photo.ready', photo: { photoId } }]);
});

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { bundleFunction } from '../../bundle.mjs';
import type { HttpAnswer, HttpEvent } from '../../lambda/http.ts';
import { openBucket } from './support/bucket.ts';
import { quarters } from './support/drawings.ts';
import { freshId, post } from './support/events.ts';

/** Apart from the one `npm start` runs, below the folder where sharp is found. */
const bundle = 'dist/test/index.mjs';

test('the file that is deployed answers an event', async () => {
  bundleFunction(bundle);
  const bucket = await openBucket();
  Object.assign(process.env, bucket.env);
  const { http }: { http: (event: HttpEvent) => Promise<HttpAnswer> } = await import(
    /* @vite-ignore */ pathToFileURL(bundle).href
  );

  const { status } = await post(http, freshId(), await quarters().png().toBuffer());

  expect(status).toBe(200);
  expect(readFileSync(bundle, 'utf8')).not.toMatch(/from\s*["'](?!node:|sharp)[a-z@]/);
  await bucket.close();
});

/** What is shipped may be shipped: `npm run sbom` lists it all, here is what its licences may be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Locked {
  license?: string;
  dev?: boolean;
}

const PERMISSIVE =
  /^\(?(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|Unlicense|Python-2\.0)( (AND|OR) (MIT|BSD-3-Clause|Apache-2\.0))*\)?$/;

/** LGPL: each stays a file of its own, which anybody may replace; nothing of it is joined into ours. */
const APART = /^node_modules\/(@img\/sharp-|libheif-js$)/;

/** MIT by their `licenses` field, which npm reads no more. */
const UNNAMED = new Set(['node_modules/busboy', 'node_modules/streamsearch']);

const { packages } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8'),
);

test('everything that is shipped has a licence that allows it', () => {
  const shipped = Object.entries<Locked>(packages).filter(([place, { dev }]) => place && !dev);
  const doubtful = shipped.filter(
    ([place, { license = '' }]) =>
      !PERMISSIVE.test(license) && !APART.test(place) && !UNNAMED.has(place),
  );
  expect(shipped.length).toBeGreaterThan(100);
  expect(doubtful).toEqual([]);
});

/** Licenses allowed in shipped packages; `npm run sbom` lists them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Locked {
  license?: string;
  dev?: boolean;
}

const PERMISSIVE =
  /^\(?(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|Unlicense|Python-2\.0)( (AND|OR) (MIT|BSD-3-Clause|Apache-2\.0))*\)?$/;

/** LGPL: each stays a separate, replaceable file, and is never bundled into our code. */
const SEPARATE = /^node_modules\/(@img\/sharp-|libheif-js$)/;

/** MIT by their `licenses` field, which npm no longer reads. */
const LEGACY_FIELD = new Set(['node_modules/busboy', 'node_modules/streamsearch']);

const { packages } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8'),
);

test('every shipped package has a license that allows shipping it', () => {
  const shipped = Object.entries<Locked>(packages).filter(([place, { dev }]) => place && !dev);
  const forbidden = shipped.filter(
    ([place, { license = '' }]) =>
      !PERMISSIVE.test(license) && !SEPARATE.test(place) && !LEGACY_FIELD.has(place),
  );
  expect(shipped.length).toBeGreaterThan(100);
  expect(forbidden).toEqual([]);
});

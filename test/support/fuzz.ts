import fc from 'fast-check';

/** s that each property is tried for; `npm run fuzz` gives it a minute. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0.8);

/** Tries a property as often as its time allows; the first failure ends it, and is made small in what time is left. */
export async function checkProperty<Values extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
) {
  await fc.assert(property, {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: SECONDS * 1_000,
    markInterruptAsFailure: false,
  });
}

/** Texts that break what is careless: no text of PostgreSQL, half a character, names of every object, a great many. */
export const anyText = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }) },
  fc.constantFrom(
    '\0',
    '\ud800',
    '__proto__',
    'constructor',
    'toString',
    '%',
    '%00',
    '\\',
    "'",
    '"; ',
  ),
  fc.constantFrom('', ' ', '-1', '1e999', '٣', 'ﷺ'.repeat(600), 'a'.repeat(10_000), '<script>'),
);

/** What JSON can say; with `deepen`, some of it is deeper than a stack. */
export const anyJson = fc.oneof(
  { weight: 20, arbitrary: fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }) },
  { weight: 1, arbitrary: fc.constant('DEEP') },
);

const DEPTH = 50_000;
const DEEP = '[{"a":'.repeat(DEPTH) + '}]'.repeat(DEPTH).replace('}', '0}');

/** Last of all, so that a counterexample can still be read. */
export const deepen = (text: string) => text.replaceAll('"DEEP"', DEEP);

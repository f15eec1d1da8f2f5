import fc from 'fast-check';

/** Time limit per property, s; `npm run fuzz` sets it to a minute. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0.8);

/** Checks a property until its time limit; the first failure stops it and is shrunk in the remaining time. */
export async function checkProperty<Values extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
) {
  await fc.assert(property, {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: SECONDS * 1_000,
    markInterruptAsFailure: false,
  });
}

/** Strings that break careless code: NUL, lone surrogates, names from Object.prototype, very long text. */
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

/** Any JSON value; `deepen` nests some of them deeper than the call stack. */
export const anyJson = fc.oneof(
  { weight: 20, arbitrary: fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }) },
  { weight: 1, arbitrary: fc.constant('DEEP') },
);

const DEPTH = 50_000;
const DEEP = '[{"a":'.repeat(DEPTH) + '}]'.repeat(DEPTH).replace('}', '0}');

/** Applied last, so that counterexamples stay readable. */
export const deepen = (text: string) => text.replaceAll('"DEEP"', DEEP);

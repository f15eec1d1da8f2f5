/** What was found by one check: all is well, something is wrong, or it could not be told. */
export interface Finding {
  check: string;
  mark: 'tick' | 'cross' | 'skipped';
  /** What was seen. */
  fact: string;
  /** What to do about a cross. */
  advice?: string;
}

/** Something is wrong: what was seen, and what to do about it. */
export class Cross extends Error {
  override name = 'Cross';
  readonly advice: string;

  constructor(fact: string, advice: string) {
    super(fact);
    this.advice = advice;
  }
}

/** It cannot be told from here; no fault by itself. */
export class NotChecked extends Error {
  override name = 'NotChecked';
}

/** A check tells what it saw, and may give what later ones go on from. */
type Seen = string | { fact: string };

export type Report = ReturnType<typeof openReport>;

/** @param stopping once aborted, nothing more is examined */
export function openReport(stopping?: AbortSignal) {
  const findings: Finding[] = [];

  /** Runs a check and writes down what it found, whatever happens. @returns what it gave; undefined when it did not tick */
  async function finish<T extends Seen>(check: string, examine: () => Promise<T>) {
    try {
      const seen = await examine();
      const fact = typeof seen === 'string' ? seen : seen.fact;
      findings.push({ check, mark: 'tick', fact });
      return seen;
    } catch (error) {
      findings.push({ check, ...failure(error) });
      return undefined;
    }
  }

  return {
    findings,
    finish,

    /** The same, unless it is to stop. */
    check: <T extends Seen>(check: string, examine: () => Promise<T>) =>
      finish(check, () => {
        if (stopping?.aborted) throw new NotChecked('it was stopped');
        return examine();
      }),

    /** Writes down checks that others have to come before. */
    skip(checks: readonly string[], reason: string) {
      findings.push(
        ...checks.map((check) => ({
          check,
          mark: 'skipped' as const,
          fact: `not checked: ${reason}`,
        })),
      );
    },
  };
}

function failure(error: unknown): Omit<Finding, 'check'> {
  const fact = error instanceof Error ? error.message : String(error);
  if (error instanceof NotChecked) return { mark: 'skipped', fact: `not checked: ${fact}` };
  if (error instanceof Cross) return { mark: 'cross', fact, advice: error.advice };
  return { mark: 'cross', fact, advice: 'This was not foreseen: see the logs of the API.' };
}

const SIGNS = { tick: '✓', cross: '✗', skipped: '-' };

/** The findings as a table, each cross with what to do about it. */
export function print(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(width + 5);
  const lines = findings.flatMap(({ check, mark, fact, advice }) => [
    `  ${SIGNS[mark]} ${check.padEnd(width)} ${fact}`,
    ...(advice === undefined ? [] : [`${indent}→ ${advice}`]),
  ]);
  const count = (mark: Finding['mark']) => findings.filter((one) => one.mark === mark).length;
  const sum = `${count('tick')} in order, ${count('cross')} wrong, ${count('skipped')} not checked`;
  return [...lines, '', `  ${sum}`].join('\n');
}

/** Outcome of one check. */
export interface CheckResult {
  check: string;
  /** `skipped`: it could not be checked from here, which is not a failure. */
  status: 'passed' | 'failed' | 'skipped';
  /** What was observed. */
  fact: string;
  /** What to do about a failure. */
  advice?: string;
}

/** A check failed: what was observed, and what to do about it. */
export class CheckFailed extends Error {
  override name = 'CheckFailed';
  readonly advice: string;

  constructor(fact: string, advice: string) {
    super(fact);
    this.advice = advice;
  }
}

/** Something cannot be checked from here, which is not a failure. */
export class NotChecked extends Error {
  override name = 'NotChecked';
}

/** Checks return what they observed, and may add values for later checks. */
type Observation = string | { fact: string };

export type Report = ReturnType<typeof openReport>;

/** @param stopping once aborted, `check` skips the remaining checks */
export function openReport(stopping?: AbortSignal) {
  const results: CheckResult[] = [];

  /** Runs a check, also when stopping. @returns its observation; undefined unless it passed */
  async function finish<T extends Observation>(check: string, run: () => Promise<T>) {
    try {
      const observation = await run();
      const fact = typeof observation === 'string' ? observation : observation.fact;
      results.push({ check, status: 'passed', fact });
      return observation;
    } catch (error) {
      results.push({ check, ...failureOf(error) });
      return undefined;
    }
  }

  return {
    results,
    finish,

    /** Runs a check unless stopping. @returns its observation; undefined unless it passed */
    check: <T extends Observation>(check: string, run: () => Promise<T>) =>
      finish(check, () => {
        if (stopping?.aborted) throw new NotChecked('the doctor was stopped');
        return run();
      }),

    /** Records checks that cannot run because an earlier one failed. */
    skip(checks: readonly string[], reason: string) {
      for (const check of checks) {
        results.push({ check, status: 'skipped', fact: `not checked: ${reason}` });
      }
    },
  };
}

function failureOf(error: unknown): Omit<CheckResult, 'check'> {
  const fact = error instanceof Error ? error.message : String(error);
  if (error instanceof NotChecked) return { status: 'skipped', fact: `not checked: ${fact}` };
  if (error instanceof CheckFailed) return { status: 'failed', fact, advice: error.advice };
  return { status: 'failed', fact, advice: 'Unexpected error: see the logs of the API.' };
}

const SIGNS = { passed: '✓', failed: '✗', skipped: '-' };

/** Formats the results as a table, with advice below each failure. */
export function formatResults(results: readonly CheckResult[]): string {
  const width = Math.max(...results.map(({ check }) => check.length));
  const indent = ' '.repeat(width + 5);
  const lines = results.flatMap(({ check, status, fact, advice }) => [
    `  ${SIGNS[status]} ${check.padEnd(width)} ${fact}`,
    ...(advice === undefined ? [] : [`${indent}→ ${advice}`]),
  ]);
  const count = (status: CheckResult['status']) =>
    results.filter((result) => result.status === status).length;
  const sum = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} not checked`;
  return [...lines, '', `  ${sum}`].join('\n');
}

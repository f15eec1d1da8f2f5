/** Outcome for one user or image. */
interface Outcome {
  kind: 'users' | 'images';
  outcome: 'imported' | 'unchanged' | 'skipped';
  /** Why it was skipped. */
  reason?: string;
}

/** Counts outcomes, and the reasons for skipping. */
export function openReport() {
  const counts = new Map<string, number>();
  const reasons = new Map<string, number>();
  const increment = (map: Map<string, number>, key: string) =>
    map.set(key, (map.get(key) ?? 0) + 1);
  const count = (kind: Outcome['kind'], outcome: Outcome['outcome']) =>
    counts.get(`${kind} ${outcome}`) ?? 0;

  return {
    add({ kind, outcome, reason }: Outcome) {
      increment(counts, `${kind} ${outcome}`);
      if (reason) increment(reasons, reason);
    },
    /** Whether all users and images are in Portrait now. */
    isComplete: () => count('users', 'skipped') + count('images', 'skipped') === 0,
    summary: () =>
      (['users', 'images'] as const)
        .map(
          (kind) =>
            `${kind}: ${count(kind, 'imported')} imported, ${count(kind, 'unchanged')} unchanged, ${count(kind, 'skipped')} skipped`,
        )
        .join('; '),
    /** Reasons for skipping with their counts, most frequent first. */
    reasons: () =>
      [...reasons]
        .sort(([, a], [, b]) => b - a)
        .map(([reason, times]) => `${String(times).padStart(7)}  ${reason}`),
  };
}

/** What became of somebody, or of their picture. */
export interface Fate {
  of: 'people' | 'images';
  was: 'imported' | 'there already' | 'left out';
  /** Why it was left out. */
  reason?: string;
}

/** Counts what became of everybody. */
export function openReport() {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const of = (what: Fate['of'], was: Fate['was']) => counts.get(`${what} ${was}`) ?? 0;
  const reasons = new Map<string, number>();

  return {
    add({ of: what, was, reason }: Fate) {
      count(`${what} ${was}`);
      if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    },
    of,
    /** Whether everybody is here now, with their pictures. */
    isWhole: () => of('people', 'left out') + of('images', 'left out') === 0,
    line: () =>
      (['people', 'images'] as const)
        .map((what) => {
          const [fresh, old] = [of(what, 'imported'), of(what, 'there already')];
          return `${what}: ${fresh} imported, ${old} there already, ${of(what, 'left out')} left out`;
        })
        .join('; '),
    /** The reasons, the most frequent first. */
    reasons: () =>
      [...reasons]
        .sort(([, a], [, b]) => b - a)
        .map(([reason, times]) => `${String(times).padStart(7)}  ${reason}`),
  };
}

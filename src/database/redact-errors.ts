/** Fields of PostgreSQL's errors that quote values: of the row that was refused, of parameters, of a function's query. */
const QUOTING = ['detail', 'where', 'internalQuery'] as const;

/**
 * The error without what PostgreSQL quotes in it, such as `Failing row contains (…)` with an e-mail address and a
 * password hash. Code, constraint, table and column stay.
 */
export function withoutValues<Thrown extends object>(error: Thrown): Thrown {
  for (const field of QUOTING) {
    if (field in error) Object.assign(error, { [field]: undefined });
  }
  return error;
}

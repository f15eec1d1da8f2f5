/** Fields of PostgreSQL's errors that quote values of rows, parameters or a function's query. */
const QUOTING = ['detail', 'where', 'internalQuery'] as const;

/**
 * Removes values that PostgreSQL quotes in an error, such as `Failing row contains (…)` with an e-mail address and a
 * password hash. Code, constraint, table and column stay.
 */
export function withoutValues<Thrown extends object>(error: Thrown): Thrown {
  for (const field of QUOTING) {
    if (field in error) Object.assign(error, { [field]: undefined });
  }
  return error;
}

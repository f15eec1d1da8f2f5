import pg from 'pg';
import { vi } from 'vitest';
import type { Product } from './product.ts';

/**
 * Records the SQL statements that the product passes to its driver while `act` runs, except those of the job queue.
 * Includes begin and commit.
 */
export const recordStatements = async (product: Product, act: () => Promise<unknown>) =>
  (await recordQueries(product, act)).map(({ text }) => text);

/** The same, with the bind parameters. */
export async function recordQueries({ config }: Product, act: () => Promise<unknown>) {
  const database = new URL(config.databaseUrl).pathname.slice(1);
  const queries: { text: string; values: unknown[] }[] = [];
  const query = pg.Client.prototype.query;
  const spy = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
    this: pg.Client,
    ...args: unknown[]
  ) {
    const [first] = args as [string | { text: string; values?: unknown[] }];
    const { text, values = [] } = typeof first === 'string' ? { text: first } : first;
    if (this.database === database && !text.includes('graphile_worker')) {
      queries.push({ text, values });
    }
    return Reflect.apply(query, this, args);
  });
  try {
    await act();
  } finally {
    spy.mockRestore();
  }
  return queries;
}

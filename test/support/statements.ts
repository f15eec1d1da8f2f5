import pg from 'pg';
import { vi } from 'vitest';
import type { Product } from './product.ts';

/**
 * The SQL that the product sends while something is done, as its driver is told; the job queue's own is left out.
 * Transactions count, begin and commit included.
 */
export async function statementsOf({ config }: Product, act: () => Promise<unknown>) {
  const database = new URL(config.databaseUrl).pathname.slice(1);
  const statements: string[] = [];
  const query = pg.Client.prototype.query;
  const spy = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
    this: pg.Client,
    ...args: unknown[]
  ) {
    const [first] = args as [string | { text: string }];
    const text = typeof first === 'string' ? first : first.text;
    if (this.database === database && !text.includes('graphile_worker')) statements.push(text);
    return Reflect.apply(query, this, args);
  });
  try {
    await act();
  } finally {
    spy.mockRestore();
  }
  return statements;
}

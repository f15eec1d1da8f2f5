import pg from 'pg';
import { vi } from 'vitest';
import type { Product } from './product.ts';

/** Blocks the creation of an account with this username inside its transaction, until `open` is called. */
export async function createLockBarrier(product: Product, username: string) {
  const client = new pg.Client({ connectionString: product.config.databaseUrl });
  await client.connect();
  await client.query('select pg_advisory_lock(42)');
  await client.query(`create function lock_barrier() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(42); return new; end $$`);
  await client.query(`create trigger lock_barrier before insert on users for each row
    when (new.username = '${username}') execute function lock_barrier()`);
  const countWaiting = async () => {
    const { rows } = await client.query(
      `select from pg_locks where locktype = 'advisory' and objid = 42 and not granted
        and database = (select oid from pg_database where datname = current_database())`,
    );
    return rows.length;
  };
  return {
    /** Resolves when a transaction waits at the barrier. */
    reached: () => vi.waitUntil(async () => (await countWaiting()) === 1, { timeout: 20_000 }),
    async open() {
      await client.query('select pg_advisory_unlock(42)');
      await client.query('drop trigger lock_barrier on users');
      await client.end();
    },
  };
}

import pg from 'pg';
import { expect } from 'vitest';
import type { Product } from './product.ts';

/** Holds up whoever makes an account of this name, in the middle of it. */
export async function createLockBarrier(product: Product, username: string) {
  const client = new pg.Client({ connectionString: product.config.databaseUrl });
  await client.connect();
  await client.query('select pg_advisory_lock(42)');
  await client.query(`create function hold_up() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(42); return new; end $$`);
  await client.query(`create trigger hold_up before insert on users for each row
    when (new.username = '${username}') execute function hold_up()`);
  const waiting = async () => {
    const { rows } = await client.query(
      `select from pg_locks where locktype = 'advisory' and objid = 42 and not granted
        and database = (select oid from pg_database where datname = current_database())`,
    );
    return rows.length;
  };
  return {
    reached: () => expect.poll(waiting, { timeout: 20_000 }).toBe(1),
    async open() {
      await client.query('select pg_advisory_unlock(42)');
      await client.query('drop trigger hold_up on users');
      await client.end();
    },
  };
}

import { Migration } from '@mikro-orm/migrations';

const STATEMENTS = [
  'create schema rates',
  // Columns as required by rate-limiter-flexible. Unlogged: a crash may lose counters.
  `create unlogged table rates.counts (
    key varchar(255) primary key,
    points integer not null default 0,
    expire bigint
  )`,
  'create index counts_expire on rates.counts (expire)',
];

/** Counters of the rate limits. */
export class RateLimits extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

import { Migration } from '@mikro-orm/migrations';

const STATEMENTS = [
  'create schema rates',
  // As rate-limiter-flexible has it. What is lost in a crash is only a count.
  `create unlogged table rates.counts (
    key varchar(255) primary key,
    points integer not null default 0,
    expire bigint
  )`,
  'create index counts_expire on rates.counts (expire)',
];

/** How often somebody did what may be done only so often. */
export class RateLimits extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

import { Migration } from '@mikro-orm/migrations';

const STATEMENTS = [
  `alter table users
    add column email_key text null,
    add column email_verified boolean not null default false,
    add column issuer text null`,

  // Covers nearly all addresses: their canonical form differs only in case, and they were unique before. The others are
  // computed at each start (email-keys.ts).
  `update users set email_key = lower(email collate "C")
    where email ~ '^[A-Za-z0-9_+-]+([.][A-Za-z0-9_+-]+)*@([A-Za-z0-9-]+[.])+[A-Za-z]+$' and email !~* '[@.]xn--'`,
  `create index users_without_email_key on users (created_at, id) where email_key is null`,

  // Only accounts that sign in with an address, or have verified it, reserve it.
  `drop index users_email_unique`,
  `create unique index users_email_unique on users (email_key) where (email_verified or subject is null)`,

  // Subjects are unique per provider only.
  `alter table users drop constraint users_subject_unique`,
  `alter table users add constraint users_subject_unique unique (issuer, subject)`,
  `create index users_without_issuer on users (id) where subject is not null and issuer is null`,

  // Old keys are user ids and unkeyed hashes. Loses the counts of an hour, and of wrong passwords of a day.
  `truncate rates.counts`,
  // In byte order, keys with a common prefix are a range of the primary key, whatever the locale.
  `alter table rates.counts alter column key type varchar(255) collate "C"`,
];

/** Canonical e-mail addresses, verified or not; subjects with their issuer; pseudonymous counter names. */
export class Identities extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

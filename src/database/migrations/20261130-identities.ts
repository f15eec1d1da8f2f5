import { Migration } from '@mikro-orm/migrations';
import { assignEmailKeys } from './email-keys.ts';

const COLUMNS = [
  `alter table users
    add column email_key text null,
    add column email_verified boolean not null default false,
    add column issuer text null`,
  // One provider's subjects mean nothing to another.
  `alter table users drop constraint users_subject_unique`,
  `alter table users add constraint users_subject_unique unique (issuer, subject)`,
  `create index users_without_issuer on users (id) where subject is not null and issuer is null`,
];

/** Only who signs in with an address, or has had it verified, reserves it. */
const EMAIL_INDEX = [
  `drop index users_email_unique`,
  `create unique index users_email_unique on users (email_key) where (email_verified or subject is null)`,
];

const RATES = [
  // Old keys are user ids, and hashes that anybody can compute. What is lost is an hour's counting, a day's of guesses.
  `truncate rates.counts`,
  // In byte order, the keys that begin alike are a range of the primary key in every locale.
  `alter table rates.counts alter column key type varchar(255) collate "C"`,
];

/** Canonical e-mail addresses, verified or not; subjects with their issuer; counters whose names reveal nobody. */
export class Identities extends Migration {
  override async up(): Promise<void> {
    const execute = (text: string, values?: unknown[]) => this.execute(text, values);
    for (const statement of COLUMNS) await execute(statement);
    await assignEmailKeys(execute, EMAIL_INDEX, this.config.get('logger'));
    for (const statement of RATES) await execute(statement);
  }
}

import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { emailKeyOf } from '../auth/canonical.ts';

const BATCH_SIZE = 1_000;

interface Row {
  id: string;
  email: string;
  /** Whether the account reserves its address, as all do that sign in with it. */
  reserves: boolean;
  /** ISO 8601, UTC; only compared. */
  created: string;
}
type Holder = Pick<Row, 'id' | 'created'>;

/** Logs a one-line message. */
type Log = (line: string) => void;

/**
 * Computes missing e-mail keys (`emailKeyOf`): of accounts whose key the migration could not compute in SQL, and of
 * accounts created by an instance of an older release during a rollout or after a rollback.
 *
 * If two accounts have equivalent addresses, the older one keeps the key and the other gets none. The pair is logged at each
 * start until an admin has resolved it, by ids: e-mail addresses must not be logged.
 */
export async function assignEmailKeys(em: SqlEntityManager, log: Log): Promise<void> {
  let after: Holder = { created: '-infinity', id: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const rows: Row[] = await em.execute(WITHOUT_KEY, [after.created, after.id]);
    const last = rows.at(-1);
    if (!last) return;
    await assignBatch(rows, em, log);
    after = last;
  }
}

const CREATED = `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Uses the index `users_without_email_key`. Oldest first, since the older account keeps the address. */
const WITHOUT_KEY = `select id, email, subject is null as reserves, ${CREATED} as created from users
  where email_key is null and (created_at, id) > (?::timestamptz, ?::uuid)
  order by created_at, id limit ${BATCH_SIZE}`;

const HOLDERS = `select email_key as key, id, ${CREATED} as created from users
  where email_key in (select json_array_elements_text(?::json)) and (email_verified or subject is null)`;

const CLEAR = `update users set email_key = null
  where id in (select json_array_elements_text(?::json)::uuid)`;

const ASSIGN = `update users set email_key = given.key
  from json_to_recordset(?::json) as given (id uuid, key text) where users.id = given.id`;

async function assignBatch(rows: Row[], em: SqlEntityManager, log: Log) {
  const keyed = rows.map((row) => ({ ...row, key: emailKeyOf(row.email) }));
  const keys = keyed.flatMap(({ key }) => key ?? []);
  const found: (Holder & { key: string })[] = await em.execute(HOLDERS, [JSON.stringify(keys)]);
  const holders = new Map<string, Holder>(found.map((holder) => [holder.key, holder]));
  const given = new Map<string, string>();
  const cleared: string[] = [];

  for (const { key, ...row } of keyed) {
    if (key === undefined) {
      log(`User ${row.id} has no valid e-mail address. ${ADVICE}`);
      continue;
    }
    const holder = row.reserves ? holders.get(key) : undefined;
    const [kept, lost] = holder && isOlder(holder, row) ? [holder, row] : [row, holder];
    if (lost) log(collision(kept.id, lost.id));
    if (lost === row) continue;
    if (lost) cleared.push(lost.id);
    if (row.reserves) holders.set(key, row);
    given.set(row.id, key);
  }
  await em.execute(CLEAR, [JSON.stringify(cleared)]);
  const pairs = Array.from(given, ([id, key]) => ({ id, key }));
  await em.execute(ASSIGN, [JSON.stringify(pairs)]);
}

const isOlder = (one: Holder, other: Holder) =>
  one.created < other.created || (one.created === other.created && one.id < other.id);

const ADVICE =
  'It cannot sign in by e-mail until an admin changes its address (updateUser) or deletes it (deleteUser).';

const collision = (kept: string, lost: string) =>
  `Users ${kept} and ${lost} have one e-mail address in two spellings. ${kept}, the older account, keeps it. ${lost} does not: ${ADVICE}`;

import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { emailKeyOf } from '../auth/canonical.ts';

/** Rows per batch. */
const BATCH = 1_000;

interface Row {
  id: string;
  email: string;
  /** Whether it reserves its address: all do that sign in with it. */
  reserves: boolean;
  /** Text in ISO 8601, UTC: it is only compared. */
  created: string;
}
type Holder = Pick<Row, 'id' | 'created'>;

/** Takes one-line messages. */
type Log = (line: string) => void;

/**
 * Gives every account without one the key of its e-mail address (`emailKeyOf`): those whose address the migration could not
 * compute in SQL, and those that a process of an older release has made beside this one or after a return to it.
 *
 * Of two accounts whose addresses turn out to be one the older keeps it; the other gets none, and the pair is logged at
 * each start until an admin has resolved it: by ids, since an address in a log stays there.
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

/** By the index `users_without_email_key`, oldest first: who comes first keeps the address. */
const WITHOUT_KEY = `select id, email, subject is null as reserves, ${CREATED} as created from users
  where email_key is null and (created_at, id) > (?::timestamptz, ?::uuid)
  order by created_at, id limit ${BATCH}`;

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

import { canonicalEmail } from '../../auth/canonical.ts';

/** Rows that are read, computed and written together. */
const BATCH = 1_000;

/** Nearly all addresses; their canonical form differs in case alone. The rest needs IDNA, and rules of ours. */
const PLAIN = `update users set email_key = lower(email collate "C")
  where email ~ '^[A-Za-z0-9_+-]+([.][A-Za-z0-9_+-]+)*@([A-Za-z0-9-]+[.])+[A-Za-z]+$' and email !~* '[@.]xn--'`;

type Execute = (text: string, values?: unknown[]) => Promise<object[]>;

interface Row {
  id: string;
  email: string;
  /** Whether it reserves its address: all do that sign in with it. */
  reserves: boolean;
  /** Text in ISO 8601, UTC: it is only compared. */
  created: string;
}
type Holder = Pick<Row, 'id' | 'created'>;

/**
 * Computes the canonical form of every address. Of two accounts whose addresses turn out to be one the older keeps it;
 * the other gets none, and each such pair is logged by their ids, since an address in a log stays there.
 *
 * @param index statements that make the index unique, run once the plain addresses have their keys: those were unique before
 */
export async function assignEmailKeys(
  execute: Execute,
  index: string[],
  log: (line: string) => void,
): Promise<void> {
  await execute(PLAIN);
  for (const statement of index) await execute(statement);

  let after: Holder = { created: '-infinity', id: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const rows = (await execute(REST, [after.created, after.id])) as Row[];
    await assignBatch(rows, execute, log);
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return;
    after = last;
  }
}

const CREATED = `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** By the index `users_newest`, oldest first: who comes first keeps the address. */
const REST = `select id, email, subject is null as reserves, ${CREATED} as created from users
  where email_key is null and (created_at, id) > (?::timestamptz, ?::uuid)
  order by created_at, id limit ${BATCH}`;

const HOLDERS = `select email_key as key, id, ${CREATED} as created from users
  where email_key in (select json_array_elements_text(?::json)) and (email_verified or subject is null)`;

const CLEAR = `update users set email_key = null
  where id in (select json_array_elements_text(?::json)::uuid)`;

const ASSIGN = `update users set email_key = given.key
  from json_to_recordset(?::json) as given (id uuid, key text) where users.id = given.id`;

async function assignBatch(rows: Row[], execute: Execute, log: (line: string) => void) {
  const keyed = rows.map((row) => ({ ...row, key: canonicalEmail(row.email)?.key }));
  const keys = keyed.flatMap(({ key }) => key ?? []);
  const found = (await execute(HOLDERS, [JSON.stringify(keys)])) as (Holder & { key: string })[];
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
  await execute(CLEAR, [JSON.stringify(cleared)]);
  const pairs = Array.from(given, ([id, key]) => ({ id, key }));
  await execute(ASSIGN, [JSON.stringify(pairs)]);
}

const isOlder = (one: Holder, other: Holder) =>
  one.created < other.created || (one.created === other.created && one.id < other.id);

const ADVICE =
  'It cannot sign in by e-mail until an admin changes its address (updateUser) or deletes it (deleteUser).';

const collision = (kept: string, lost: string) =>
  `Users ${kept} and ${lost} have one e-mail address in two spellings. ${kept}, the older account, keeps it. ${lost} does not: ${ADVICE}`;

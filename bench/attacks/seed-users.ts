/** Inserts many users with plausible names directly into PostgreSQL. */
import type { Client } from 'pg';

const FIRST_NAMES =
  `Anna Ben Clara David Emma Felix Greta Hannes Ida Jonas Kate Leon Mia Noah Olga Paul Rita Sam Tatiana
  Uwe Vera Will Xenia Yusuf Zoë Matthias Beatrice Katarina Nathan Patrick`.split(/\s+/);
const LAST_NAMES =
  `Ackermann Bauer Chen Dubois Evans Fischer Garcia Hansen Ivanov Jensen Kowalski Larsen Meyer Novak
  O'Neil Park Quist Rossi Sato Tanaka Ueda Virtanen Weber Yilmaz Zimmer Watson Mathieu Beattie`.split(
    /\s+/,
  );

/**
 * Adds users with profiles, every fourth with a photo, one a minute into the past. Indexes are built after the rows,
 * which takes a fifth of the time.
 *
 * @param client connected to a database that the product has migrated
 */
export async function insertUsers(client: Client, users: number): Promise<void> {
  const { rows: indexes } = await client.query(
    `select indexname as name, indexdef as definition from pg_indexes
     where tablename = 'users' and indexname in ('users_search', 'users_newest')`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await client.query(
    `with people as (
       select gen_random_uuid() as id, gen_random_uuid() as profile, gen_random_uuid() as photo, n,
         ($2::text[])[1 + n % cardinality($2::text[])] as first,
         ($3::text[])[1 + (n / 7) % cardinality($3::text[])] as last,
         now() - n * interval '1 minute' as moment
       from generate_series(1, $1::int) n
     ), added as (
       insert into users (id, username, email, first_name, last_name, tokens_valid_from, created_at, updated_at)
       select id, 'u' || n || '-' || substr(md5(n::text), 1, 6), 'u' || n || '@example.org', first, last, 'epoch', moment, moment
       from people
     ), photographed as (
       insert into profiles (id, user_id, display_name, photo_id)
       select profile, id, first, case when n % 4 = 0 then photo end from people
     )
     insert into photos (id, profile_id, status, stored, created_at)
     select photo, profile, 'READY', '[]', moment from people where n % 4 = 0`,
    [users, FIRST_NAMES, LAST_NAMES],
  );
  for (const { definition } of indexes) await client.query(definition);
  await client.query('vacuum analyze');
}

/** Databases for the benchmarks: created empty, migrated by the product, filled with one statement. */
import { readFile, stat } from 'node:fs/promises';
import pg from 'pg';

/** Creates a database, replacing one of the same name. @param server connection string of any database of the server */
export async function createDatabase(server: string, name: string): Promise<string> {
  await withClient(server, async (client) => {
    await client.query(`drop database if exists ${name} with (force)`);
    await client.query(`create database ${name}`);
  });
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

/**
 * Inserts users with their profiles into a database that the product has migrated.
 *
 * @returns ids of 1,000 random users
 */
export const insertUsers = (url: string, count: number): Promise<string[]> =>
  withClient(url, async (client) => {
    await client.query(
      `with people as (
         select gen_random_uuid() as id, gen_random_uuid() as profile, n from generate_series(1, $1::int) n
       ), added as (
         insert into users (id, username, email, email_key, first_name, last_name, tokens_valid_from, created_at, updated_at)
         select id, 'person-' || n, 'person-' || n || '@example.org', 'person-' || n || '@example.org', 'First ' || n, 'Last ' || n, 'epoch', moment, moment
         from people, lateral (select now() - n * interval '1 minute' as moment) _
       )
       insert into profiles (id, user_id, display_name, bio)
       select profile, id, 'Person ' || n, repeat('bio ', 20) from people`,
      [count],
    );
    await client.query('vacuum analyze');
    const { rows } = await client.query('select id from users order by random() limit 1000');
    return rows.map(({ id }) => id);
  });

/** Counts the statements that PostgreSQL logs while `act` runs, without those of the job queue. */
export async function countStatements(url: string, log: string, act: () => Promise<unknown>) {
  await logAll(url, true);
  try {
    const { size } = await stat(log);
    await act();
    const lines = (await readFile(log)).subarray(size).toString();
    return [...lines.matchAll(/LOG: {2}(?:statement|execute [^:]+): (.*)/g)].filter(
      ([, text = '']) => !text.includes('graphile_worker'),
    ).length;
  } finally {
    await logAll(url, false);
  }
}

const logAll = (url: string, isOn: boolean) =>
  withClient(url, async (client) => {
    await client.query(`alter system set log_statement = '${isOn ? 'all' : 'none'}'`);
    await client.query('select pg_reload_conf(), pg_sleep(0.3)');
  });

async function withClient<Result>(url: string, use: (client: pg.Client) => Promise<Result>) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return use(client).finally(() => client.end());
}

import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import { getNamedType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openConnectionConfig } from '../../src/database/connection-config.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createDatabase } from '../support/database.ts';

let database: Awaited<ReturnType<typeof createDatabase>>;
let orm: Database;
beforeAll(async () => {
  database = await createDatabase();
  orm = await openDatabase(await openConnectionConfig({ databaseUrl: database.url }), () => {});
});
afterAll(async () => {
  await orm.close(true);
  await database.drop();
});

/** What the next release removes: processes of the previous one use it during a rollout. */
const RETAINED = [
  'drop trigger if exists "photos_copy_crop_request" on "photos";',
  'drop function if exists "photos_photos_copy_crop_request_fn"();',
  'alter table "photos" drop column "wish";',
];

/** What it shows on failure is the SQL for the next migration. */
test('the migrations create the tables described by the entities', async () => {
  const sql = await orm.schema.getUpdateSchemaSQL({ wrap: false });

  expect(sql.trim().split('\n')).toEqual(RETAINED);
});

test('several processes can start concurrently on an empty database', async () => {
  const fresh = await createDatabase();
  const access = await openConnectionConfig({ databaseUrl: fresh.url });

  const opened = await Promise.all([1, 2, 3].map(() => openDatabase(access, () => {})));

  const ran = await fresh.sql('select name from mikro_orm_migrations');
  await Promise.all(opened.map((one) => one.close(true)));
  await fresh.drop();
  expect(ran).toHaveLength(migrations.length);
});

test('no non-null field of the schema has a nullable column', () => {
  const types = createSchema().getTypeMap();

  const lies = [...orm.getMetadata().getAll().values()].flatMap(({ className, props }) => {
    const type = types[className];
    if (!isObjectType(type)) return [];
    const fields = type.getFields();
    return props
      .filter(({ name, nullable }) => nullable && fields[name] && isNonNullType(fields[name].type))
      .map(({ name }) => `${className}.${name}: ${getNamedType(fields[name]?.type)}`);
  });

  expect(lies).toEqual([]);
});

/** An empty database as it was before a migration. */
async function databaseBefore(migration: string) {
  const old = await createDatabase();
  onTestFinished(old.drop);
  const before = migrations.slice(
    0,
    migrations.findIndex(({ name }) => name === migration),
  );
  const earlier = await MikroORM.init({
    ...{ clientUrl: old.url, dbName: new URL(old.url).pathname.slice(1), logger: () => {} },
    ...{ discovery: { warnWhenNoEntities: false }, entities: [], extensions: [Migrator] },
    migrations: { migrationsList: before, snapshot: false },
  });
  await earlier.migrator.up();
  await earlier.close(true);
  return old;
}

describe('the requested crop of a photo', () => {
  /** As a release inserts it that has only this column. */
  const insertPhoto = (sql: typeof database.sql, column: string, crop: string) =>
    sql(
      `insert into photos (id, profile_id, status, stored, created_at, ${column})
       values (gen_random_uuid(), $1, 'AWAITING_UPLOAD', '[]', now(), $2)`,
      [PROFILE, crop],
    );

  const PROFILE = randomUUID();
  async function migrateFilled(crops: string[]) {
    const { sql, url } = await databaseBefore('20261201-crop-request');
    await sql(
      `with owner as (insert into users (id, username, email, tokens_valid_from, created_at, updated_at)
         values (gen_random_uuid(), 'anna', 'anna@example.org', 'epoch', now(), now()) returning id)
       insert into profiles (id, user_id) select $1, id from owner`,
      [PROFILE],
    );
    for (const crop of crops) await insertPhoto(sql, 'wish', crop);
    const config = await openConnectionConfig({ databaseUrl: url });
    await (await openDatabase(config, () => {})).close(true);
    return sql;
  }
  const cropsIn = (sql: typeof database.sql) =>
    sql('select crop_request, wish from photos order by crop_request');

  test('is kept when its column is renamed, and the former release still reads it', async () => {
    const sql = await migrateFilled(['attention', 'rectangle:0,0,0.5,0.5']);

    expect(await cropsIn(sql)).toEqual([
      { crop_request: 'attention', wish: 'attention' },
      { crop_request: 'rectangle:0,0,0.5,0.5', wish: 'rectangle:0,0,0.5,0.5' },
    ]);
  });

  test('is the same for this release and the former one, whichever inserts the photo', async () => {
    const sql = await migrateFilled([]);

    await insertPhoto(sql, 'wish', 'centre');
    await insertPhoto(sql, 'crop_request', 'focal_point:0.1,0.9');

    expect(await cropsIn(sql)).toEqual([
      { crop_request: 'centre', wish: 'centre' },
      { crop_request: 'focal_point:0.1,0.9', wish: 'focal_point:0.1,0.9' },
    ]);
  });
});

describe('canonical e-mail addresses', () => {
  /** A filled database as it was before the migration, and what that logs and makes of it. */
  async function migrateFilled(people: { email: string; subject?: string }[]) {
    const old = await databaseBefore('20261130-identities');
    const rows = people.map((person, age) => ({ ...person, id: randomUUID(), age }));
    await old.sql(
      `insert into users (id, username, email, subject, tokens_valid_from, created_at, updated_at)
       select id, 'u' || age, email, subject, 'epoch', '2026-01-01'::timestamptz + age * interval '1 day', '2026-01-01'
       from json_to_recordset($1) as _ (id uuid, email text, subject text, age int)`,
      [JSON.stringify(rows)],
    );
    await old.sql(`insert into rates.counts values ('upload:${rows[0]?.id}', 1, 9999999999999)`);

    const said: string[] = [];
    const access = await openConnectionConfig({ databaseUrl: old.url });
    const keep = (line: string) => line.startsWith('[migrator]') || said.push(line);
    await (await openDatabase(access, keep)).close(true);

    const start = async () => {
      await (await openDatabase(access, keep)).close(true);
      return said.splice(0);
    };
    const found = await old.sql<{ key: string | null; updated: Date }>(
      'select email_key as key, updated_at as updated from users order by created_at',
    );
    const keys = found.map(({ key }) => key);
    return { rows, said: said.splice(0), found, keys, sql: old.sql, start };
  }

  test('are computed for all existing accounts without changing updatedAt', async () => {
    const { keys, said, found } = await migrateFilled([
      { email: 'Anna@Example.ORG' },
      { email: 'ÄNNA@example.org' },
      { email: 'nobody at example.org' },
      { email: 'berta@Müller.example' },
      { email: 'CAESAR@XN--MLLER-KVA.example' },
      { email: `d.o'hara@example.org`, subject: 'dora' },
      { email: 'ida@İ.example' },
    ]);

    expect(keys).toEqual([
      'anna@example.org',
      'legacy:änna@example.org',
      null,
      'berta@xn--mller-kva.example',
      'caesar@xn--mller-kva.example',
      `d.o'hara@example.org`,
      'ida@xn--i-9bb.example',
    ]);
    expect(said).toHaveLength(1);
    expect(new Set(found.map(({ updated }) => updated.getTime())).size).toBe(1);
  });

  test('shared by two accounts belong to the older one, and the log names both ids and the remedy', async () => {
    const { rows, said, keys } = await migrateFilled([
      { email: 'anna@müller.example' },
      { email: 'anna@xn--mller-kva.example' },
      { email: 'berta@xn--mller-kva.example' },
      { email: 'BERTA@MÜLLER.example' },
      { email: 'berta@mu\u0308ller.example' },
      { email: 'caesar@xn--mller-kva.example', subject: 'caesar' },
      { email: 'caesar@müller.example' },
    ]);
    const ids = rows.map(({ id }) => id);

    const anna = 'anna@xn--mller-kva.example';
    const berta = 'berta@xn--mller-kva.example';
    const caesar = 'caesar@xn--mller-kva.example';
    expect(keys).toEqual([anna, null, berta, null, null, caesar, caesar]);
    const named = said.map((line) => line.match(/[\da-f-]{36}/g)?.slice(0, 2));
    expect(named).toEqual([
      [ids[0], ids[1]],
      [ids[2], ids[3]],
      [ids[2], ids[4]],
    ]);
    for (const line of said) expect(line).toMatch(/updateUser/);
    expect(said.join()).not.toMatch(/@|ller/);
  });

  test('are computed at the next start for accounts created by an older release', async () => {
    const { start, sql } = await migrateFilled([{ email: 'anna@example.org' }]);
    await sql(
      `insert into users (id, username, email, tokens_valid_from, created_at, updated_at) values
       (gen_random_uuid(), 'late', 'Late@Example.org', 'epoch', '2026-06-01', '2026-06-01'),
       (gen_random_uuid(), 'same', 'Anna@example.org', 'epoch', '2026-06-01', '2026-06-01')`,
    );

    const [first, second] = [await start(), await start()];

    expect(await sql('select username, email_key from users order by username')).toEqual([
      { username: 'late', email_key: 'late@example.org' },
      { username: 'same', email_key: null },
      { username: 'u0', email_key: 'anna@example.org' },
    ]);
    expect(first).toHaveLength(1);
    expect(second).toEqual(first);

    await sql(`delete from users where username = 'u0'`);
    await start();
    expect(await sql(`select email_key from users where username = 'same'`)).toEqual([
      { email_key: 'anna@example.org' },
    ]);
  });

  test('are computed for more accounts than one batch', async () => {
    const people = Array.from({ length: 2_500 }, (_, n) => ({ email: `n${n}@müller.example` }));

    const { keys } = await migrateFilled(people);

    expect(keys).toEqual(people.map((_, n) => `n${n}@xn--mller-kva.example`));
  });

  test('counters named by user ids are deleted', async () => {
    const { sql } = await migrateFilled([{ email: 'anna@example.org' }]);
    expect(await sql('select * from rates.counts')).toEqual([]);
  });
});

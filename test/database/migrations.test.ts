import 'reflect-metadata';
import { getNamedType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAccess } from '../../src/database/access.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { createSchema } from '../../src/http/schema.ts';
import { createDatabase } from '../support/database.ts';

let database: Awaited<ReturnType<typeof createDatabase>>;
let orm: Database;
beforeAll(async () => {
  database = await createDatabase();
  orm = await openDatabase(await openAccess({ databaseUrl: database.url }), () => {});
});
afterAll(async () => {
  await orm.close(true);
  await database.drop();
});

/** What it shows on failure is the SQL for the next migration. */
test('the migrations make the tables that the entities describe', async () => {
  expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
});

test('several processes may start on one empty database at once', async () => {
  const fresh = await createDatabase();
  const access = await openAccess({ databaseUrl: fresh.url });

  const opened = await Promise.all([1, 2, 3].map(() => openDatabase(access, () => {})));

  const ran = await fresh.sql('select name from mikro_orm_migrations');
  await Promise.all(opened.map((one) => one.close(true)));
  await fresh.drop();
  expect(ran).toHaveLength(migrations.length);
});

test('no public field promises a value where its column may be null', () => {
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

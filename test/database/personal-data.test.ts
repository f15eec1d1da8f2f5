import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../local/postgres/postgres.ts';
import { openConnectionConfig } from '../../src/database/connection-config.ts';
import { type Database, openDatabase, poolOf } from '../../src/database/database.ts';
import { withoutValues } from '../../src/database/redact-errors.ts';
import { Profile } from '../../src/profiles/profile.ts';
import { User } from '../../src/users/user.ts';
import { type Client, graphqlClient, signInAdmin } from '../support/client.ts';
import { captureLog, type Log } from '../support/log.ts';
import { createFolder, query } from '../support/postgres.ts';
import { type Product, startProduct } from '../support/product.ts';

/** What must not reach a log. Each test uses all of them. */
const PERSONAL = {
  username: 'anna.secret.name',
  email: 'anna.secret.mail@example.org',
  password: 'anna secret password',
  firstName: 'AnnaSecretFirst',
  lastName: 'AnnaSecretLast',
};
const SUBJECT = 'anna-secret-subject';
const ISSUER = 'https://id.example.org';
const HASH = '$argon2id$v=19$m=19456,t=2,p=1$YW5uYSBzZWNyZXQgaGFzaA';
const SECRETS = [...Object.values(PERSONAL), SUBJECT, HASH, '$argon2id$'];

let folder: string;
let postgres: Postgres;
let log: Log;
let product: Product;
let viewer: Client;
let database: Database;
beforeAll(async () => {
  folder = await createFolder();
  postgres = await startPostgres(folder, () => {});
  log = captureLog();
  product = await startProduct({ DATABASE_URL: postgres.url, LOG_LEVEL: 'trace' });
  viewer = await signInAdmin(product);
  database = await openDatabase(
    await openConnectionConfig({ databaseUrl: postgres.url }),
    () => {},
  );
  await createUser();
  await insertUser({ issuer: ISSUER, subject: SUBJECT });
});
afterAll(async () => {
  await database.close(true);
  await product.close();
  log.release();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

const createUser = (changes: Partial<typeof PERSONAL> = {}) =>
  graphqlClient(product).send(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    {
      input: { ...PERSONAL, ...changes },
    },
  );

/** Another account, with the hash of a password and whatever else is personal. */
const userOf = (changes: object) => ({
  ...{ id: randomUUID(), passwordHash: HASH, role: 'USER' as const },
  ...{ firstName: PERSONAL.firstName, lastName: PERSONAL.lastName },
  ...{ username: `u${randomUUID()}`, email: `${randomUUID()}@${PERSONAL.email}` },
  ...{ tokensValidFrom: new Date(), createdAt: new Date(), updatedAt: new Date() },
  ...changes,
});
const insertUser = (changes: object) => database.em.fork().insert(User, userOf(changes) as never);

const postgresLog = () => readFile(join(folder, 'postgres.log'), 'utf8');

const found = (text: string) => SECRETS.filter((secret) => text.includes(secret));

test.each([
  ['username', { email: 'other@example.org' }],
  ['email', { username: 'other.name' }],
])('keeps personal data out of both logs when a %s is taken', async (field, changes) => {
  const { errors } = await createUser(changes);

  expect(errors).toEqual([
    expect.objectContaining({ extensions: expect.objectContaining({ code: 'CONFLICT', field }) }),
  ]);
  expect(await postgresLog()).toContain(`users_${field}_unique`);
  expect([found(await postgresLog()), found(log.text())]).toEqual([[], []]);
});

test('logs an unexpected violation with its constraint, without the row', async () => {
  await query(
    postgres.url,
    `alter table users add constraint users_test_check check (first_name <> 'AnnaSecretFirst') not valid`,
  );

  const { errors } = await createUser({ username: 'another', email: `x.${PERSONAL.email}` });
  await query(postgres.url, 'alter table users drop constraint users_test_check');

  expect(errors[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
  expect(log.text()).toContain('users_test_check');
  expect([found(await postgresLog()), found(log.text())]).toEqual([[], []]);
});

test.each([
  ['a taken subject', { issuer: ISSUER, subject: SUBJECT }],
  ['a role that does not exist', { role: 'KING' }],
  ['a missing value', { email: null }],
  ['a value too long for its index', { username: randomBytes(9_000).toString('hex') }],
  ['text that PostgreSQL cannot store', { firstName: `${PERSONAL.firstName}\0` }],
  ['a date that is none', { createdAt: 'not a date' }],
  ['an id that is none', { id: 'no-uuid' }],
])('keeps personal data out of errors and logs for %s', async (_, changes) => {
  const error = await insertUser(changes).catch((thrown: Error) => thrown);

  expect(error).toBeInstanceOf(Error);
  expect(found(serialized(error))).toEqual([]);
  expect(found(await postgresLog())).toEqual([]);
});

test('keeps personal data out of errors and logs for a second profile and for one without a user', async () => {
  const { me } = await viewer.query('{ me { id } }');
  const insertProfile = (userId: string) =>
    database.em
      .fork()
      .insert(Profile, { id: randomUUID(), userId, displayName: PERSONAL.firstName, bio: SUBJECT })
      .catch((thrown: Error) => thrown);

  const errors = [await insertProfile(me.id), await insertProfile(randomUUID())];

  expect(errors.map((error) => Reflect.get(Object(error), 'constraint'))).toEqual([
    'profiles_user_id_unique',
    'profiles_user_id_foreign',
  ]);
  expect(found(errors.map(serialized).join())).toEqual([]);
  expect(found(await postgresLog())).toEqual([]);
});

test('keeps the row out of the log when the connection pool itself reports the violation', async () => {
  const pool = await poolOf(database);
  const insert = 'insert into users select $1, username, email from users where username = $2';
  const error = await pool
    .query(insert, [randomUUID(), PERSONAL.username])
    .catch((thrown: Error) => thrown);

  expect(found(JSON.stringify(withoutValues(pino.stdSerializers.err(error as Error))))).toEqual([]);
  expect(found(await postgresLog())).toEqual([]);
});

test('shows no value in the statements of pg_stat_activity', async () => {
  await database.em.fork().transactional(async (tx) => {
    await tx.insert(User, userOf({ subject: `${SUBJECT}-2` }) as never);
    const rows = await query(postgres.url, 'select query from pg_stat_activity');

    expect(JSON.stringify(rows)).toContain('insert into \\"users\\"');
    expect(found(JSON.stringify(rows))).toEqual([]);
  });
});

/** All that a log would get of an error. */
const serialized = (error: unknown) =>
  JSON.stringify(pino.stdSerializers.err(error as Error)) + String((error as Error).stack);

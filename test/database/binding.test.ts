import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeletedIdentity } from '../../src/auth/oidc/deleted-identity.ts';
import { openConnectionConfig } from '../../src/database/connection-config.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { Photo } from '../../src/photos/photo.ts';
import { Profile } from '../../src/profiles/profile.ts';
import { User } from '../../src/users/user.ts';
import { createMigrated } from '../support/database.ts';

/** Characters with a special meaning in statements or PostgreSQL literals. */
const ODD = `it's ? \\? ?? $1 :name {"a",b} \\ "é" 🙂`;

let migrated: Awaited<ReturnType<typeof createMigrated>>;
let database: Database;
beforeAll(async () => {
  migrated = await createMigrated();
  database = await openDatabase(
    await openConnectionConfig({ databaseUrl: migrated.url }),
    () => {},
  );
});
afterAll(async () => {
  await database.close(true);
  await migrated.drop();
});

/** Three people with profiles, inserted together. */
async function addPeople() {
  const em = database.em.fork();
  const people = [1, 2, 3].map(() => {
    const name = randomUUID();
    const user = em.create(User, {
      username: name,
      email: `${name}@example.org`,
      passwordHash: ODD,
    });
    em.create(Profile, { userId: user.id, displayName: ODD });
    return user;
  });
  await em.flush();
  return people.map(({ id }) => id);
}

test('writes and reads text, JSON, dates, numbers and null unchanged', async () => {
  const [userId = ''] = await addPeople();
  const em = database.em.fork();
  const profile = await em.findOneOrFail(Profile, { userId });
  const photo = {
    id: randomUUID(),
    profileId: profile.id,
    alt: ODD,
    width: 4_000,
    stored: { [ODD]: [ODD, 1.5, null, true, []] },
    crop: null,
    createdAt: new Date('2026-11-30T12:34:56.789Z'),
    readyAt: null,
  };

  await em.insert(Photo, photo as never);
  const found = await database.em.fork().findOneOrFail(Photo, { id: photo.id, alt: ODD });

  expect(found).toMatchObject(photo);
  expect(profile.displayName).toBe(ODD);
});

test('updates several rows in one statement, each with its own values', async () => {
  const ids = await addPeople();
  const em = database.em.fork();
  const people = await em.find(User, { id: { $in: ids } });
  for (const [index, user] of people.entries()) {
    Object.assign(user, { firstName: `${ODD} ${index}`, tokensValidFrom: new Date(index) });
  }

  await em.flush();
  const found = await database.em.fork().find(User, { id: people.map(({ id }) => id) });

  const names = Object.fromEntries(found.map(({ id, firstName }) => [id, firstName]));
  expect(names).toEqual(Object.fromEntries(people.map(({ id }, index) => [id, `${ODD} ${index}`])));
});

test('inserts once and then updates (upsert)', async () => {
  const hash = ODD;
  const em = database.em.fork();

  await em.upsert(DeletedIdentity, { hash, erasedAt: new Date(1) });
  await em.upsert(DeletedIdentity, { hash, erasedAt: new Date(2) });

  expect(await migrated.sql('select erased_at from erased_subjects')).toEqual([
    { erased_at: new Date(2) },
  ]);
});

test('supports lists, identifiers and named parameters in raw statements', async () => {
  const em = database.em.fork();

  const listed = await em.execute('select 2 in (?) as two, ?? as same from (select 5 as "a b") x', [
    [1, 2],
    'a b',
  ]);
  const named = await em.execute('select :text::text as text', { text: ODD });

  expect([listed, named]).toEqual([[{ two: true, same: 5 }], [{ text: ODD }]]);
});

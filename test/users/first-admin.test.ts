import 'reflect-metadata';
import { expect, test } from 'vitest';
import { openConnectionConfig } from '../../src/database/connection-config.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createFirstAdmin } from '../../src/users/first-admin.ts';
import { createDatabase } from '../support/database.ts';

test('several processes that start on an empty database create one first admin, whose password only one of them shows', async () => {
  const fresh = await createDatabase();
  const config = await openConnectionConfig({ databaseUrl: fresh.url });
  const processes = await Promise.all([1, 2, 3].map(() => openDatabase(config, () => {})));

  const admins = await Promise.all(
    processes.map(({ em }) =>
      createFirstAdmin(em.fork(), { email: undefined, password: undefined }),
    ),
  );

  const users = await fresh.sql('select username, role from users');
  await Promise.all(processes.map((database) => database.close(true)));
  await fresh.drop();
  expect(users).toEqual([{ username: 'admin', role: 'ADMIN' }]);
  expect(admins.filter((admin) => admin?.password)).toHaveLength(1);
});

import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type SqlEntityManager } from '@mikro-orm/postgresql';
import { ErasedSubject } from '../auth/erased-subject.ts';
import { Photo } from '../photos/photo.ts';
import { Profile } from '../profiles/profile.ts';
import { User } from '../users/user.ts';
import { migrations } from './migrations/index.ts';

export type Database = MikroORM;

/** Connections per process. Queries are short; more would only queue inside PostgreSQL. */
const POOL_SIZE = 10;
/** A database that does not answer is an error after this long, not a client that waits for ever. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 15_000;

/** Any number, as long as every instance uses the same: only one migrates, the others wait for it. */
const MIGRATION_LOCK = 7_046_029_254;

/** How MikroORM sees the database; the pool is shared with the jobs. */
export const ormOptions = (databaseUrl: string) => ({
  clientUrl: databaseUrl,
  entities: [User, Profile, Photo, ErasedSubject],
  extensions: [Migrator],
  // Entities say every type themselves, and production has no reason to write a cache.
  metadataCache: { enabled: false },
  pool: { min: 0, max: POOL_SIZE },
  driverOptions: {
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'portrait',
  },
  // It would print to the console, past our log and its level.
  migrations: { migrationsList: migrations, snapshot: false, silent: true },
  // The job queue's tables are its own affair.
  schemaGenerator: { ignoreSchema: ['graphile_worker'] },
});

/** Connects and brings the schema up to date. */
export async function openDatabase(databaseUrl: string): Promise<Database> {
  const orm = await MikroORM.init(ormOptions(databaseUrl));
  try {
    await migrate(orm);
  } catch (error) {
    await orm.close(true);
    throw error;
  }
  return orm;
}

async function migrate(orm: Database) {
  await orm.em.fork().transactional(async (tx: SqlEntityManager) => {
    // Held by the transaction of another connection while the migrator works.
    await tx.execute('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
    await orm.migrator.up();
  });
}

import type { EventEmitter } from 'node:events';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type SqlEntityManager } from '@mikro-orm/postgresql';
import { DeletedIdentity } from '../auth/oidc/deleted-identity.ts';
import { Photo } from '../photos/photo.ts';
import { Profile } from '../profiles/profile.ts';
import { User } from '../users/user.ts';
import { BindingDriver } from './bind-parameters.ts';
import type { ConnectionConfig } from './connection-config.ts';
import { assignEmailKeys } from './email-keys.ts';
import { reachDatabase } from './explain-unreachable.ts';
import { migrations } from './migrations/index.ts';
import { QuerySpans } from './query-spans.ts';
import { type Pool, retryConnections, watchConnections } from './release-broken-connections.ts';

export type Database = MikroORM;

/** Connections per process. Queries are short; more would only queue inside PostgreSQL. */
const POOL_SIZE = 10;
/** Limits the wait for a connection, free or new. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;
/** PostgreSQL cancels every statement before this; a connection without a response for longer is broken. */
const RESPONSE_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;

/** Arbitrary, but the same for all instances: one migrates, the others wait. */
const MIGRATION_LOCK = 7_046_029_254;

/** Logs a one-line message. */
type Log = (message: string) => void;

interface Options {
  /** Logs accounts that need an admin's attention; defaults to `log`. */
  warn?: Log;
  /** Whether queries are recorded as trace spans. */
  isTraced?: boolean;
}

/** Connects and migrates the schema. */
export async function openDatabase(
  connectionConfig: ConnectionConfig,
  log: Log,
  { warn = log, isTraced = false }: Options = {},
): Promise<Database> {
  await reachDatabase(connectionConfig);
  await migrate(connectionConfig, log, warn);
  return MikroORM.init({
    ...options(connectionConfig.client, log),
    ...(isTraced && { loggerFactory: QuerySpans.create }),
    driverOptions: {
      ...connectionConfig.client,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      application_name: 'portrait',
      onPoolCreated(pool: EventEmitter & Pool) {
        watchConnections(pool, RESPONSE_TIMEOUT_MS);
        retryConnections(pool, connectionConfig.mayRetry);
      },
    },
  });
}

/** The pool itself, for libraries that write their own SQL. */
export const poolOf = (database: Database) => database.em.getConnection().getNativeClient();

/** Uses separate connections without a statement timeout: building an index on a large table takes long. */
async function migrate({ client, mayRetry }: ConnectionConfig, log: Log, warn: Log) {
  const onPoolCreated = (pool: Pool) => retryConnections(pool, mayRetry);
  const driverOptions = { ...client, onPoolCreated };
  const orm = await MikroORM.init({
    ...options(client, log),
    driverOptions,
    extensions: [Migrator],
  });
  try {
    await orm.em.fork().transactional(async (tx: SqlEntityManager) => {
      // Held by a transaction on one connection while the migrator uses another.
      await tx.execute('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
      await orm.migrator.up();
      await assignEmailKeys(tx, warn);
    });
  } finally {
    await orm.close(true);
  }
}

const options = ({ database, user = '' }: ConnectionConfig['client'], log: Log) => ({
  driver: BindingDriver,
  // Only for messages: the connection itself is set by `driverOptions`.
  dbName: database ?? user,
  entities: [User, Profile, Photo, DeletedIdentity],
  // Entities declare every type, and production has no reason to write a cache.
  metadataCache: { enabled: false },
  pool: { min: 0, max: POOL_SIZE },
  migrations: { migrationsList: migrations, snapshot: false },
  // These schemas contain no entities.
  schemaGenerator: { ignoreSchema: ['graphile_worker', 'rates'] },
  logger: log,
  colors: false,
});

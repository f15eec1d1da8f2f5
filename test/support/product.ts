import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { startLocal } from '../../local/start.ts';
import { createApp } from '../../src/app.ts';
import { type AppConfig, readConfig } from '../../src/config.ts';
import { createMigrated } from './database.ts';

export interface Product {
  url: string;
  /** Config of the API, including the addresses of embedded parts. */
  config: AppConfig;
  /** Queries the product's database. */
  sql<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export const ADMIN = { email: 'admin@example.org', password: 'admin of the tests' };

type Change = (config: AppConfig) => Partial<AppConfig> | Promise<Partial<AppConfig>>;

/** Options of the embedded parts. */
type Behaviour = Pick<Parameters<typeof startLocal>[1], 'queue' | 'functions'>;

/**
 * Starts the whole product on free ports with its own database and bucket, empty except for the first admin.
 *
 * @param env    settings by their environment names; what is not named is embedded
 * @param change last changes to the configuration the API starts from, to put something between it and a part; or
 *               how the embedded parts behave
 */
export async function startProduct(
  env: Record<string, string> = {},
  change: Change | Behaviour = {},
): Promise<Product> {
  const dataDir = await mkdtemp(join(tmpdir(), 'portrait-product-'));
  const database = await createMigrated();
  const settings = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    // A test sends all its requests within seconds from one address.
    ...{ RATE_SIGN_IN: '10000', RATE_SIGN_UP: '10000', RATE_UPLOAD: '10000' },
    RATE_ACCOUNT: '10000',
    ...env,
  });
  const behaviour = typeof change === 'function' ? {} : change;
  const options = { bundle: inject('bundle'), log: () => {}, ...behaviour };
  const local = await startLocal(settings, options);
  const changed = typeof change === 'function' ? await change(local.config) : {};
  const config = { ...local.config, ...changed };
  const app = await createApp(config);
  await local.deliver(app.url);

  return {
    url: app.url,
    config,
    sql: database.sql,
    async close() {
      await app.close();
      await local.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

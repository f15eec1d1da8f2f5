import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';
import { createIdentity, type Identity } from './auth/identity.ts';
import type { AppConfig } from './config.ts';
import { type Database, openDatabase } from './database/database.ts';
import { startJobs } from './database/jobs.ts';
import { createServer } from './http/server.ts';
import { type Bucket, openBucket } from './photos/bucket.ts';
import { ERASE_PHOTOS, eraseTask } from './photos/erase.ts';
import { type ImageApi, openImageApi } from './photos/image-api.ts';
import { type FirstAdmin, makeFirstAdmin } from './users/first-admin.ts';

/** What lives as long as the process; every request's context holds it. */
export interface Services {
  config: AppConfig;
  database: Database;
  identity: Identity;
  bucket: Bucket;
  imageApi: ImageApi;
  log: FastifyBaseLogger;
}

export interface App {
  /** `http://host:port` */
  url: string;
  /** The admin just made on an empty database, with the password if it was made up. */
  firstAdmin: FirstAdmin | undefined;
  /** Finishes the requests in flight and closes everything, in order. */
  close(): Promise<void>;
}

/** Puts the parts together and starts listening. */
export async function createApp(config: AppConfig): Promise<App> {
  const log = pino({ level: config.logLevel });
  const database = await openDatabase(config.databaseUrl, (message) => log.info(message));
  const bucket = openBucket(config);
  const services = {
    config,
    database,
    bucket,
    log,
    identity: createIdentity(config),
    imageApi: openImageApi(config),
  };

  const jobs = await startJobs(database, { [ERASE_PHOTOS]: eraseTask(bucket) }, log);
  const firstAdmin = await makeFirstAdmin(database.em.fork(), config.firstAdmin);
  const server = await createServer(services);
  const url = await server.listen({ host: config.host, port: config.port });

  return {
    url,
    firstAdmin,
    async close() {
      await server.close();
      await jobs.stop();
      bucket.close();
      await database.close(true);
    },
  };
}

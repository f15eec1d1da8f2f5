import { trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { createAuthenticator } from './auth/create-authenticator.ts';
import { assignIssuer } from './auth/oidc/assign-issuer.ts';
import { openRateLimits, rateJobs } from './auth/rate-limits.ts';
import type { AppConfig } from './config.ts';
import { openConnectionConfig } from './database/connection-config.ts';
import { createConnectionShares } from './database/connection-shares.ts';
import { openDatabase, poolOf } from './database/database.ts';
import { startJobs } from './database/jobs.ts';
import { withoutValues } from './database/redact-errors.ts';
import { createMetrics } from './http/plugins/metrics.ts';
import { createServer } from './http/server.ts';
import { listenForPhotoEvents } from './photos/events/notify.ts';
import { openImageApi } from './photos/image-api/client.ts';
import { photoJobs } from './photos/jobs/photo-jobs.ts';
import { openBucket } from './photos/storage/bucket.ts';
import { openPresignedPosts } from './photos/upload/presigned-post.ts';
import { createFirstAdmin, type FirstAdmin } from './users/first-admin.ts';

/** The running API. */
export interface App {
  /** `http://host:port` */
  url: string;
  /** The admin just created on an empty database, with the password if it was generated. */
  firstAdmin: FirstAdmin | undefined;
  /** Finishes running requests within 2.5 s, then closes everything in order. */
  close(): Promise<void>;
}

/** Composes all parts and starts listening. A start that fails or is aborted closes everything it opened. */
export async function createApp(config: AppConfig, stopping?: AbortSignal): Promise<App> {
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closePart of closers.splice(0).reverse()) await closePart();
  };

  try {
    const log = openLog(config);
    for (const warning of config.warnings) log.warn(warning);
    if (config.tracing) {
      const { startTracing } = await import('./tracing.ts');
      closers.push(startTracing(config.tracing, log));
    }
    const connectionConfig = await openConnectionConfig(config);
    const database = await openDatabase(connectionConfig, (message) => log.info(message), {
      warn: (message) => log.warn(message),
      isTraced: config.tracing !== undefined,
    });
    closers.push(() => database.close(true));
    const { identityProvider } = config;
    if (identityProvider) await assignIssuer(database.em.fork(), identityProvider.issuer);
    stopping?.throwIfAborted();
    const bucket = openBucket(config);
    closers.push(bucket.close);
    const imageApi = openImageApi(config);
    const presignedPosts = openPresignedPosts(config);
    closers.push(presignedPosts.close);
    const photoEvents = listenForPhotoEvents(connectionConfig, log);
    closers.push(photoEvents.close);
    const pool = await poolOf(database);
    const parts = {
      config,
      log,
      database,
      pool,
      bucket,
      imageApi,
      presignedPosts,
      photoEvents,
      shares: createConnectionShares(),
      authenticator: createAuthenticator(config, pool, database),
      metrics: createMetrics(),
      rates: openRateLimits(pool, config),
    };

    const kinds = [photoJobs(parts), rateJobs(database)];
    const jobs = await startJobs(database, kinds, log);
    closers.push(() => jobs.stop());
    stopping?.throwIfAborted();
    const server = await createServer(parts);
    closers.push(() => server.close());
    const url = await listen(server, config);
    // The last step, since a generated password is shown only once, after a successful start.
    const firstAdmin = await createFirstAdmin(database.em.fork(), config.firstAdmin);
    return { url, firstAdmin, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Log fields that link a line to the current trace. */
const traceFields = () => {
  const { traceId, spanId } = trace.getActiveSpan()?.spanContext() ?? {};
  return traceId === undefined ? {} : { traceId, spanId };
};

const openLog = ({ logLevel: level, tracing }: AppConfig) =>
  pino({
    level,
    ...(tracing && { mixin: traceFields }),
    // Also applies to errors of the pool itself, which bypass MikroORM and quote rows, too.
    serializers: { err: (error: Error) => withoutValues(pino.stdSerializers.err(error)) },
  });

async function listen(server: FastifyInstance, { host, port }: AppConfig) {
  try {
    return await server.listen({ host, port });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    const advice = 'Stop what listens there, or set PORT to another port.';
    throw new Error(`Port ${port} on ${host} is taken. ${advice}`, { cause });
  }
}

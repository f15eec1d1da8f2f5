import { randomUUID } from 'node:crypto';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { checkDisk } from '../disk.ts';
import type { ContextParts } from '../graphql/build-context.ts';
import { checkOperationPlugin } from '../graphql/check-request.ts';
import type { Context } from '../graphql/context.ts';
import {
  errorFormatter,
  errorPlugin,
  type FormatError,
  maskInternalErrors,
} from '../graphql/errors.ts';
import { MAX_TOKENS } from '../graphql/limits.ts';
import { createSchema } from '../graphql/schema.ts';
import { noIntrospection } from '../graphql/schema-details.ts';
import { type Allowlist, allowlistCache, readAllowlist } from '../graphql/trusted-documents.ts';
import { readDelayedErasures } from '../photos/jobs/erasures.ts';
import { limitConnections } from './connection-limits.ts';
import { refuseUnknownHosts } from './host.ts';
import { ANONYMOUS_BYTES, drainBodies, limitBodyTime, TIMEOUTS_MS } from './plugins/body-limits.ts';
import { closeGracefully } from './plugins/graceful-shutdown.ts';
import { addMetrics, type Metrics, operationsPlugin } from './plugins/metrics.ts';
import { addHeaders } from './plugins/security-headers.ts';
import { addTracing } from './plugins/tracing.ts';
import { addGraphql } from './routes/graphql.ts';
import { addHealth } from './routes/health.ts';
import { addCallbacks } from './routes/photo-callback.ts';
import { addPlayground } from './routes/playground.ts';
import { addWebApp } from './routes/web-app.ts';
import { countSockets } from './websocket/sockets.ts';
import { closeRefusedUpgrades, refusePath, shouldUpgradeCallback } from './websocket/upgrades.ts';

const DISABLED_PLUGINS = [
  ApolloServerPluginLandingPageDisabled(),
  // It would wrap every field to look for cache hints, which we do not use.
  ApolloServerPluginCacheControlDisabled(),
  // Never report to Apollo, even if its keys are in the environment.
  ApolloServerPluginUsageReportingDisabled(),
  ApolloServerPluginSchemaReportingDisabled(),
];

/** Parts of the product that requests use. */
export interface ServerParts extends ContextParts {
  log: FastifyBaseLogger;
  metrics: Metrics;
}

/** The HTTP side: GraphQL, health, the playground and the web app on one Fastify server. */
export async function createServer(parts: ServerParts) {
  const { config, log } = parts;
  const allowlist = config.operations ? await readAllowlist(config.operations) : undefined;
  const server = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // After graceful shutdown, open connections must not delay the exit.
    forceCloseConnections: true,
    // In each log line and in the response, so that reports of users can be traced.
    genReqId: () => randomUUID(),
    // For all routes other than GraphQL, including unknown paths.
    bodyLimit: ANONYMOUS_BYTES,
    requestTimeout: TIMEOUTS_MS.request,
    http: {
      headersTimeout: TIMEOUTS_MS.headers,
      connectionsCheckingInterval: TIMEOUTS_MS.checkInterval,
      shouldUpgradeCallback,
    },
    frameworkErrors: refusePath,
    trustProxy: config.proxies > 0 && ((_address, hop) => hop < config.proxies),
  });
  limitConnections(server);
  maskInternalErrors(server);
  if (config.tracing) addTracing(server);
  await addHeaders(server, config);
  closeRefusedUpgrades(server);
  if (!config.production) refuseUnknownHosts(server, config);

  const schema = createSchema();
  const formatError = errorFormatter(config);
  const apollo = openApollo({ parts, schema, allowlist, formatError });
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  const track = closeGracefully(server, parts.imageApi.close);

  drainBodies(server);
  limitBodyTime(server);
  const sockets = countSockets();
  await addGraphql(server, { parts, schema, apollo, allowlist, sockets, formatError, track });
  await addCallbacks(server, parts);
  addHealth(server, healthOf(parts));
  if (config.metrics) await addMetrics(server, parts, sockets);
  if (config.playground) await addPlayground(server);
  if (config.webAppFolder) await addWebApp(server, config, config.webAppFolder);
  return server;
}

const healthOf = ({
  config,
  database,
  bucket,
  imageApi,
}: ServerParts): Parameters<typeof addHealth>[1] => ({
  checks: {
    database: (signal) => database.em.fork({ signal }).execute('select 1'),
    bucket: (signal) => bucket.check(signal),
    imageApi: (signal) => imageApi.check(signal),
    disk: () => checkDisk(config),
  },
  details: {
    async erasures(signal) {
      const { count } = await readDelayedErasures(database.em.fork({ signal }));
      return count === 0 ? 'ok' : 'delayed';
    },
  },
});

interface ApolloOptions {
  parts: ServerParts;
  schema: GraphQLSchema;
  allowlist: Allowlist | undefined;
  formatError: FormatError;
}

function openApollo({ parts, schema, allowlist, formatError }: ApolloOptions) {
  return new ApolloServer<Context>({
    schema,
    // Disabled by our own rule instead.
    introspection: true,
    validationRules: parts.config.playground ? [] : [noIntrospection],
    parseOptions: { maxTokens: MAX_TOKENS },
    // Otherwise an LRU cache of 30 MiB holds the documents that clients register.
    ...(allowlist && { persistedQueries: { cache: allowlistCache(allowlist) } }),
    plugins: [
      errorPlugin(parts.log),
      checkOperationPlugin(schema),
      operationsPlugin(parts.metrics),
      ...DISABLED_PLUGINS,
    ],
    formatError,
    includeStacktraceInErrorResponses: false,
    // main.ts handles signals and closes all parts in order.
    stopOnTerminationSignals: false,
  });
}

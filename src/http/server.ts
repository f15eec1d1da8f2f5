import { randomUUID } from 'node:crypto';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import Fastify, { LogController } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Services } from '../app.ts';
import type { Context } from '../context.ts';
import { checkDisk } from '../disk.ts';
import { readDelayedErasures } from '../photos/erasures.ts';
import { ANONYMOUS_BYTES, drainBodies, limitBodyTime, TIMEOUTS } from './bodies.ts';
import { addCallbacks } from './callbacks.ts';
import { limitConnections } from './connections.ts';
import { drainOnClose } from './drain.ts';
import { errorFormatter, errorPlugin, type FormatError, hideFaults } from './errors.ts';
import { gatePlugin } from './gate.ts';
import { addGraphql } from './graphql.ts';
import { addHeaders } from './headers.ts';
import { addHealth } from './health.ts';
import { refuseUnknownHosts } from './host.ts';
import { MAX_TOKENS } from './limits.ts';
import { addMetrics, operationsPlugin } from './metrics.ts';
import { lookup, type Manifest, readManifest } from './operations.ts';
import { addPage } from './page.ts';
import { addPlayground } from './playground.ts';
import { createSchema } from './schema.ts';
import { noIntrospection } from './schema-details.ts';
import { countSockets } from './sockets.ts';
import { addTracing } from './tracing.ts';
import { closeRefusedUpgrades, refusePath, shouldUpgradeCallback } from './upgrades.ts';

const UNWANTED = [
  ApolloServerPluginLandingPageDisabled(),
  // It would put a function before every field, to find hints that we give nowhere.
  ApolloServerPluginCacheControlDisabled(),
  // Nothing of ours is told to Apollo, whatever keys are in the environment.
  ApolloServerPluginUsageReportingDisabled(),
  ApolloServerPluginSchemaReportingDisabled(),
];

/** The HTTP side: GraphQL, health, the playground and the web app on one Fastify server. */
export async function createServer(services: Services) {
  const { config, log } = services;
  const manifest = config.operations ? await readManifest(config.operations) : undefined;
  const server = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // Once drained, an open connection must not hold up the end of the process.
    forceCloseConnections: true,
    // In each line of the log, and in the response: what a user reports can be found.
    genReqId: () => randomUUID(),
    // Of whatever is not GraphQL, unknown paths among it.
    bodyLimit: ANONYMOUS_BYTES,
    requestTimeout: TIMEOUTS.request,
    http: {
      headersTimeout: TIMEOUTS.headers,
      connectionsCheckingInterval: TIMEOUTS.checkInterval,
      shouldUpgradeCallback,
    },
    frameworkErrors: refusePath,
    trustProxy: config.proxies > 0 && ((_address, hop) => hop < config.proxies),
  });
  limitConnections(server);
  hideFaults(server);
  if (config.tracing) addTracing(server);
  await addHeaders(server, config);
  closeRefusedUpgrades(server);
  if (!config.production) refuseUnknownHosts(server, config);

  const schema = createSchema();
  const formatError = errorFormatter(config);
  const apollo = openApollo({ services, schema, manifest, formatError });
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  const track = drainOnClose(server, services.imageApi.close);

  drainBodies(server);
  limitBodyTime(server);
  const sockets = countSockets();
  await addGraphql(server, { services, schema, apollo, manifest, sockets, formatError, track });
  await addCallbacks(server, services);
  addHealth(server, healthOf(services));
  if (config.metrics) await addMetrics(server, services, sockets);
  if (config.playground) await addPlayground(server);
  if (config.page) await addPage(server, config, config.page);
  return server;
}

const healthOf = ({
  config,
  database,
  bucket,
  imageApi,
}: Services): Parameters<typeof addHealth>[1] => ({
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

interface Parts {
  services: Services;
  schema: GraphQLSchema;
  manifest: Manifest | undefined;
  formatError: FormatError;
}

function openApollo({ services, schema, manifest, formatError }: Parts) {
  return new ApolloServer<Context>({
    schema,
    // Forbidden by a rule of ours.
    introspection: true,
    validationRules: services.config.playground ? [] : [noIntrospection],
    parseOptions: { maxTokens: MAX_TOKENS },
    // Else what clients register is kept in 30 MiB, the least used of it forgotten first.
    ...(manifest && { persistedQueries: { cache: lookup(manifest) } }),
    plugins: [
      errorPlugin(services.log),
      gatePlugin(schema),
      operationsPlugin(services.metrics),
      ...UNWANTED,
    ],
    formatError,
    includeStacktraceInErrorResponses: false,
    // The process listens to signals itself, and closes things in order.
    stopOnTerminationSignals: false,
  });
}

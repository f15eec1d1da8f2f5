import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, { LogController, type RouteHandlerMethod } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { API_PATHS } from '../../lambda/contract.ts';
import type { Services } from '../app.ts';
import type { Context } from '../context.ts';
import { PublicError } from '../errors.ts';
import { readDelayedErasures } from '../photos/erasures.ts';
import { inSpan } from '../spans.ts';
import { clientAddress } from './address.ts';
import { drainBodies, jsonLimit, REQUEST_TIMEOUT, refuseBody } from './bodies.ts';
import { addCallbacks } from './callbacks.ts';
import { createContexts, identifySender } from './context.ts';
import { drainOnClose } from './drain.ts';
import { errorPlugin, formatError, hideFaults } from './errors.ts';
import { addHeaders } from './headers.ts';
import { addHealth } from './health.ts';
import { costPlugin, limitsRule, MAX_TOKENS } from './limits.ts';
import { addMetrics, operationsPlugin } from './metrics.ts';
import { acceptMultipart } from './multipart.ts';
import { lookup, type Manifest, readManifest, refuseUnlisted } from './operations.ts';
import { addPage } from './page.ts';
import { addPlayground } from './playground.ts';
import { addPressure } from './pressure.ts';
import { createSchema } from './schema.ts';
import { addSubscriptions } from './subscriptions.ts';
import { addTracing } from './tracing.ts';

const UNWANTED = [
  ApolloServerPluginLandingPageDisabled(),
  // It would put a function before every field, to find hints that we give nowhere.
  ApolloServerPluginCacheControlDisabled(),
  // Nothing of ours is told to Apollo, whatever keys are in the environment.
  ApolloServerPluginUsageReportingDisabled(),
  ApolloServerPluginSchemaReportingDisabled(),
];

/** The HTTP side: GraphQL, health, the playground and the page on one Fastify server. */
export async function createServer(services: Services) {
  const { config, log } = services;
  const manifest = config.operations ? await readManifest(config.operations) : undefined;
  const server = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // Once drained, an open connection must not hold up the end of the process.
    forceCloseConnections: true,
    // In each line of the log, and in the answer: what a user reports can be found.
    genReqId: () => randomUUID(),
    bodyLimit: jsonLimit(config.maxUploadBytes),
    requestTimeout: REQUEST_TIMEOUT,
    trustProxy: config.proxies > 0 && ((_address, hop) => hop < config.proxies),
  });
  hideFaults(server);
  if (config.tracing) addTracing(server);
  await addHeaders(server, config);

  const schema = createSchema();
  const apollo = openApollo({ services, schema, manifest });
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  const track = drainOnClose(server, services.imageApi.close);

  drainBodies(server);
  await addPressure(server, services);
  acceptMultipart(server, config.maxUploadBytes);
  refuseUnlisted(server, manifest);
  const openContext = createContexts(services);
  const answer = fastifyApolloHandler(apollo, {
    async context(request, { raw }) {
      const who = await identifySender(services, request);
      return openContext({
        who,
        log: request.log,
        address: clientAddress(request, config.proxies),
        watch: () => watch(raw),
      });
    },
  });
  const handler: RouteHandlerMethod = function (request, reply) {
    const work = async () => answer.call(this, request, reply);
    return track(config.tracing ? inSpan('graphql', work) : work());
  };
  const errorHandler = refuseBody(config.maxUploadBytes);
  server.route({ url: API_PATHS.graphql, method: ['POST', 'OPTIONS'], errorHandler, handler });
  await addSubscriptions(server, { schema, services, manifest, route: { errorHandler, handler } });
  await addCallbacks(server, services);
  addHealth(server, healthOf(services));
  if (config.metrics) await addMetrics(server, services);
  if (config.playground) await addPlayground(server);
  if (config.page) await addPage(server, config, config.page);
  return server;
}

const healthOf = ({ database, bucket, imageApi }: Services): Parameters<typeof addHealth>[1] => ({
  checks: {
    database: (signal) => database.em.fork({ signal }).execute('select 1'),
    bucket: (signal) => bucket.check(signal),
    imageApi: (signal) => imageApi.check(signal),
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
}

function openApollo({ services, schema, manifest }: Parts) {
  return new ApolloServer<Context>({
    schema,
    introspection: services.config.playground,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationRules: [limitsRule],
    // Else what clients register is kept in 30 MiB, the least used of it forgotten first.
    ...(manifest && { persistedQueries: { cache: lookup(manifest) } }),
    plugins: [
      errorPlugin(services.log),
      costPlugin(schema),
      operationsPlugin(services.metrics),
      ...UNWANTED,
    ],
    formatError,
    includeStacktraceInErrorResponses: false,
    // The process listens to signals itself, and closes things in order.
    stopOnTerminationSignals: false,
  });
}

/** Aborted when the client leaves before its answer; the connection may outlive many answers. */
function watch(answer: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const look = () => answer.writableFinished || gone.abort(clientLeft());
  if (answer.destroyed) look();
  else answer.once('close', look);
  return gone.signal;
}

const clientLeft = () =>
  new PublicError(
    'PHOTO_UNREADABLE',
    'The client left before the photo was complete. Send it again.',
  );

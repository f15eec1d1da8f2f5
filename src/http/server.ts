import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Services } from '../app.ts';
import type { Context, Viewer } from '../context.ts';
import { PublicError } from '../errors.ts';
import { createLoaders } from '../loaders.ts';
import { drainBodies, jsonLimit, REQUEST_TIMEOUT, refuseBody } from './bodies.ts';
import { drainOnClose } from './drain.ts';
import { errorPlugin, formatError } from './errors.ts';
import { addHealth } from './health.ts';
import { acceptMultipart } from './multipart.ts';
import { addPlayground } from './playground.ts';
import { createSchema } from './schema.ts';

/** The HTTP side: GraphQL, health and the playground on one Fastify server. */
export async function createServer(services: Services) {
  const { config, log } = services;
  const server = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // Once drained, an open connection must not hold up the end of the process.
    forceCloseConnections: true,
    bodyLimit: jsonLimit(config.maxUploadBytes),
    requestTimeout: REQUEST_TIMEOUT,
  });

  const apollo = new ApolloServer<Context>({
    schema: createSchema(),
    introspection: config.playground,
    plugins: [errorPlugin(log), ApolloServerPluginLandingPageDisabled()],
    formatError,
    includeStacktraceInErrorResponses: false,
    // The process listens to signals itself, and closes things in order.
    stopOnTerminationSignals: false,
  });
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  const track = drainOnClose(server, services.imageApi.close);

  drainBodies(server);
  acceptMultipart(server, config.maxUploadBytes);
  const answer = fastifyApolloHandler(apollo, {
    context: (request, reply) => createContext(services, request, reply),
  });
  server.route({
    url: '/graphql',
    method: ['GET', 'POST', 'OPTIONS'],
    errorHandler: refuseBody(config.maxUploadBytes),
    handler(request, reply) {
      return track(Promise.resolve(answer.call(this, request, reply)));
    },
  });
  addHealth(server, {
    database: (signal) => services.database.em.fork({ signal }).execute('select 1'),
    bucket: (signal) => services.bucket.check(signal),
    imageApi: (signal) => services.imageApi.check(signal),
  });
  if (config.playground) await addPlayground(server);
  return server;
}

async function createContext(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Context> {
  const em = services.database.em.fork();
  const gone = new AbortController();
  // Of this answer, not of its connection: that one outlives many answers.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(clientLeft());
  });
  return {
    ...services,
    ...(await identify(services, request)),
    em,
    load: createLoaders(em),
    log: request.log,
    signal: gone.signal,
  };
}

/** Who sends this request; a token that is worth nothing is remembered, and refused where a viewer is needed. */
async function identify({ identity, database }: Services, { headers }: FastifyRequest) {
  const token = headers.authorization?.match(/^Bearer +(\S+)$/i)?.[1];
  const nobody: { viewer: Viewer | undefined; refusal: PublicError | undefined } = {
    viewer: undefined,
    refusal: undefined,
  };
  if (!token) return nobody;
  try {
    return { ...nobody, viewer: await identity.identify(token, database.em.fork()) };
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    return { ...nobody, refusal: error };
  }
}

const clientLeft = () =>
  new PublicError(
    'PHOTO_UNREADABLE',
    'The client left before the photo was complete. Send it again.',
  );

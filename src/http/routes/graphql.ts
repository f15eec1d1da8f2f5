import type { ServerResponse } from 'node:http';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { API_PATHS } from '../../../contract/routes.ts';
import { inSpan } from '../../../contract/spans.ts';
import { PublicError } from '../../errors.ts';
import { buildContext, type ContextParts } from '../../graphql/build-context.ts';
import { checkRequest } from '../../graphql/check-request.ts';
import type { Context } from '../../graphql/context.ts';
import type { FormatError } from '../../graphql/errors.ts';
import type { Allowlist } from '../../graphql/trusted-documents.ts';
import { clientAddress } from '../client-address.ts';
import { identifyEarly, identifySender } from '../identify-sender.ts';
import { checkOrigin } from '../origin.ts';
import { jsonLimit, refuseBody, sendError } from '../plugins/body-limits.ts';
import { addLoadShedding, admitBodies } from '../plugins/load-shedding.ts';
import { acceptMultipart } from '../uploads/multipart.ts';
import { CLOSE, closeSocket } from '../websocket/connection.ts';
import { limitSockets, type Sockets } from '../websocket/sockets.ts';
import { answerSubscriptions } from '../websocket/subscriptions.ts';

/** Size of one WebSocket message: a subscription is a few lines, a provider's token at most 8 KiB. */
const MAX_MESSAGE_BYTES = 16 * 1024;

const url = API_PATHS.graphql;

interface GraphqlOptions {
  parts: ContextParts;
  schema: GraphQLSchema;
  apollo: ApolloServer<Context>;
  allowlist: Allowlist | undefined;
  sockets: Sockets;
  formatError: FormatError;
  /** Keeps the database open until this work has ended. */
  track<Result>(work: Promise<Result>): Promise<Result>;
}

/**
 * GraphQL over HTTP and WebSocket at `/graphql`. Its guards are hooks of the scope that has these routes, so they apply
 * to every URL that the router matches: a guard that compares the text of a URL misses `/%67raphql` and
 * `http://host/graphql` (ADR 0015).
 */
export async function addGraphql(server: FastifyInstance, options: GraphqlOptions) {
  const { parts, allowlist, sockets } = options;
  const { config } = parts;
  await acceptWebSockets(server);

  await server.register(async (scope) => {
    refuseOtherMethods(scope);
    checkOrigin(scope, config);
    const isOverloaded = addLoadShedding(scope, parts.pool);
    limitSockets(scope, sockets, config.proxies);
    admitBodies(scope, parts.authenticator);
    acceptMultipart(scope, config.maxUploadBytes);
    scope.addHook('preHandler', (request, _reply, done) => {
      checkRequest(request, allowlist);
      done();
    });

    const errorHandler = refuseBody(config.maxUploadBytes);
    const bodyLimit = jsonLimit(config.maxUploadBytes);
    const route = { url, errorHandler, bodyLimit, handler: answerHttp(options) };
    scope.route({ ...route, method: ['POST', 'OPTIONS', ...OTHER_METHODS] });
    scope.route({
      ...route,
      method: 'GET',
      wsHandler: answerSubscriptions({ ...options, isOverloaded }),
    });
  });
}

function answerHttp({ parts, apollo, track }: GraphqlOptions): RouteHandlerMethod {
  const answer = fastifyApolloHandler(apollo, {
    async context(request, { raw }) {
      const sender = await identifySender(parts.authenticator, request);
      const address = clientAddress(request, parts.config.proxies);
      const createSignal = () => disconnectSignal(raw);
      return buildContext(parts, { ...sender, log: request.log, address, createSignal });
    },
  });
  return function (request, reply) {
    const work = async () => {
      // Here instead of in Apollo's context function, so that an unavailable database gets its own status.
      await identifyEarly(parts.authenticator, request);
      return answer.call(this, request, reply);
    };
    return track(parts.config.tracing ? inSpan('graphql', work) : work());
  };
}

async function acceptWebSockets(server: FastifyInstance) {
  await server.register(websocket, {
    options: {
      maxPayload: MAX_MESSAGE_BYTES,
      // Accepts a wrong subprotocol to close with a readable reason: browsers show none if the handshake fails.
      handleProtocols: (offered) =>
        offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL)
          ? GRAPHQL_TRANSPORT_WS_PROTOCOL
          : ([...offered][0] ?? false),
    },
    // A message that is too long, truncated or not UTF-8: the client's fault. ws closes the socket.
    errorHandler(error, socket, request) {
      request.log.info({ err: error }, 'A WebSocket failed.');
      closeSocket(socket, CLOSE.failed, 'The message could not be read.');
    },
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (!request.ws) return done();
    // For a rejected upgrade, whose socket Node.js has detached from the HTTP server.
    reply.header('connection', 'close');
    if (request.routeOptions.url === url) return done();
    sendError(reply, new PublicError('NOT_FOUND', `WebSockets are accepted at ${url} only.`));
  });
}

const OTHER_METHODS = ['PUT', 'PATCH', 'DELETE'];

/** Before a body is read. */
function refuseOtherMethods(scope: FastifyInstance) {
  scope.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    if (!OTHER_METHODS.includes(request.method)) return done();
    const { message, extensions } = new PublicError(
      'BAD_USER_INPUT',
      'Send operations with POST, or queries with GET.',
    );
    reply
      .code(405)
      .header('allow', 'GET, POST')
      .send({ errors: [{ message, extensions }] });
  });
}

/** Aborted when the client disconnects before its response is complete; a connection may outlive many responses. */
function disconnectSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const check = () => response.writableFinished || controller.abort(clientDisconnected());
  if (response.destroyed) check();
  else response.once('close', check);
  return controller.signal;
}

const clientDisconnected = () =>
  new PublicError(
    'PHOTO_UNREADABLE',
    'The client disconnected before the photo was complete. Send it again.',
  );

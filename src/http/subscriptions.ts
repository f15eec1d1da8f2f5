import websocket from '@fastify/websocket';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { GraphQLError, type GraphQLSchema, specifiedRules, validate } from 'graphql';
import { makeHandler } from 'graphql-ws/use/@fastify/websocket';
import { API_PATHS } from '../../lambda/contract.ts';
import type { Services } from '../app.ts';
import { clientAddress } from './address.ts';
import { createContexts, identify } from './context.ts';
import { formatError } from './errors.ts';
import { limitsRule } from './limits.ts';
import { listed, type Manifest } from './operations.ts';

/** Bytes of one message: a subscription is a few lines. */
const MAX_MESSAGE = 16 * 1024;

interface Options {
  schema: GraphQLSchema;
  services: Services;
  manifest: Manifest | undefined;
  /** What answers plain HTTP at the same address. */
  route: Pick<RouteOptions, 'handler' | 'errorHandler'>;
}

/**
 * Subscriptions over WebSocket at `/graphql`, by the graphql-transport-ws protocol. The token comes in the
 * connection's parameters (`{ authorization: "Bearer …" }`), so that no foreign page can use a cookie of ours.
 *
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export async function addSubscriptions(
  server: FastifyInstance,
  { schema, services, manifest, route }: Options,
) {
  await server.register(websocket, { options: { maxPayload: MAX_MESSAGE } });

  const openContext = createContexts(services);
  const wsHandler = makeHandler<{ authorization?: unknown }>({
    schema,
    isProd: true,
    validate: (served, document) => validate(served, document, [...specifiedRules, limitsRule]),
    onSubscribe(_context, _id, asked) {
      try {
        // What is executed is read from here afterwards.
        Object.assign(asked, { query: listed(manifest, asked) ?? asked.query });
        return undefined;
      } catch (error) {
        if (error instanceof GraphQLError) return [error];
        throw error;
      }
    },
    async context({ connectionParams, extra }) {
      const gone = new AbortController();
      extra.socket.once('close', () => gone.abort());
      const { authorization } = connectionParams ?? {};
      const words = typeof authorization === 'string' ? authorization : undefined;
      return openContext({
        who: await identify(services, words),
        log: extra.request.log,
        address: clientAddress(extra.request, services.config.proxies),
        watch: () => gone.signal,
      });
    },
    // Everything else goes by HTTP, where its limits are.
    execute: () => ({
      errors: [new GraphQLError('Only subscriptions are answered here; send the rest by HTTP.')],
    }),
    onNext(...event) {
      const { data, errors } = event[4];
      return {
        ...(data !== undefined && { data }),
        ...(errors && { errors: errors.map(toPublic) }),
      };
    },
    onError: (...event) => event[3].map(toPublic),
  });
  server.route({ url: API_PATHS.graphql, method: 'GET', ...route, wsHandler });
}

/** As Apollo does for HTTP: what has no code is GraphQL's own complaint, unless some code of ours threw it. */
function toPublic(error: GraphQLError) {
  const code = error.originalError ? 'INTERNAL_SERVER_ERROR' : 'GRAPHQL_VALIDATION_FAILED';
  const formatted = error.toJSON();
  return formatError({ ...formatted, extensions: { code, ...formatted.extensions } }, error);
}

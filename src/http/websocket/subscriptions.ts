import type { WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { GraphQLError, Kind } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer } from 'graphql-ws';
import { overloaded, type PublicError } from '../../errors.ts';
import { type FormatError, INTERNAL_ERROR } from '../../graphql/errors.ts';
import { CLOSE, closeSocket, openConnection } from './connection.ts';
import { authenticate, openSession, type Session } from './session.ts';
import { SOCKETS } from './sockets.ts';
import { admitOperations, type OperationOptions } from './subscribe.ts';

/** From the opening of a WebSocket to `connection_init`. */
const INIT_TIMEOUT_MS = 3_000;

const TOO_MANY_OPERATIONS = `At most ${SOCKETS.operationsPerSocket} operations are accepted on one WebSocket at once.`;

interface Options extends OperationOptions {
  formatError: FormatError;
}

/**
 * Serves subscriptions over WebSocket with the graphql-transport-ws protocol. The token is in the connection parameters,
 * not in a cookie, so that pages of other origins cannot use it.
 *
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export function answerSubscriptions({ formatError, ...options }: Options) {
  const { sockets } = options;
  const { authenticator } = options.parts;
  const admit = admitOperations(options);
  const format = formatErrors(formatError);
  const server = makeServer<Record<string, unknown> | undefined, Session>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    onConnect: ({ connectionParams, extra }) =>
      authenticate(extra, connectionParams, { authenticator, sockets }),
    onSubscribe({ extra, subscriptions }, _id, payload) {
      // Includes this one.
      if (Object.keys(subscriptions).length <= SOCKETS.operationsPerSocket)
        return admit(extra, payload);
      extra.close(CLOSE.tooMany, TOO_MANY_OPERATIONS);
      return [overloaded()];
    },
    // Only rejected operations are executed: their error is sent as a result.
    execute: ({ contextValue }) => ({ errors: [contextValue as PublicError] }),
    onNext(...[{ extra }, , , , { data, errors }]) {
      return {
        ...(data !== undefined && { data }),
        ...(errors && { errors: format(extra, errors) }),
      };
    },
    onError: (...[{ extra }, , , errors]) => format(extra, errors),
  });

  return (socket: WebSocket, request: FastifyRequest) => {
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      const reason = `Use the WebSocket subprotocol ${GRAPHQL_TRANSPORT_WS_PROTOCOL}.`;
      return closeSocket(socket, CLOSE.subprotocol, reason);
    }
    const session = openSession(openConnection(socket, request, sockets));
    const closed = server.opened(session.protocolSocket, session);
    socket.once('close', (code, reason) => {
      const fail = (error: unknown) =>
        request.log.error({ err: error }, 'A WebSocket could not be closed.');
      closed(code, String(reason)).catch(fail);
    });
  };
}

function formatErrors(formatError: FormatError) {
  return ({ request }: Session, errors: readonly GraphQLError[]) =>
    errors.map((error) => {
      const formatted = error.toJSON();
      const extensions = { code: codeOf(error), ...formatted.extensions };
      const shown = formatError({ ...formatted, extensions }, error);
      if (shown.extensions?.code === INTERNAL_ERROR.code) {
        request.log.error({ err: error.originalError ?? error, path: error.path }, error.message);
      }
      return shown;
    });
}

/** Same rule as Apollo over HTTP: an error without a code is GraphQL's own, unless our code threw it. */
function codeOf(error: GraphQLError): string {
  // Caused by a scalar that rejected the client's value.
  if (error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return 'BAD_USER_INPUT';
  return isThrownByUs(error) ? INTERNAL_ERROR.code : 'GRAPHQL_VALIDATION_FAILED';
}

function isThrownByUs({ originalError }: GraphQLError): boolean {
  if (!originalError) return false;
  return !(originalError instanceof GraphQLError) || isThrownByUs(originalError);
}

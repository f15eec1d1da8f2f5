import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import { type GraphQLSchema, getOperationAST, type OperationDefinitionNode } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { API_PATHS } from '../../contract/routes.ts';
import { PublicError } from '../errors.ts';
import type { Context } from './context.ts';
import { refuseBeyondLimits } from './limits.ts';
import { refuseBeyondCost } from './operation-cost.ts';
import { type Allowlist, readOperationRequest, requireAllowed } from './trusted-documents.ts';

/**
 * Rejects an HTTP operation before Apollo parses and validates it.
 *
 * @throws PublicError
 */
export function checkRequest(request: FastifyRequest, allowlist: Allowlist | undefined): void {
  // Apollo's adapter fails on an invalid URL.
  if (!URL.canParse(request.url, `${request.protocol}://${request.hostname}/`)) {
    throw new PublicError('BAD_USER_INPUT', 'The Host header is not a valid host name.');
  }
  const sent = readOperationRequest(request);
  const text = requireAllowed(allowlist, sent);
  const document = text === undefined ? undefined : refuseBeyondLimits(text);
  const name = typeof sent.operationName === 'string' ? sent.operationName : '';
  refuseSubscription(document && getOperationAST(document, name || undefined));
}

/** Checks that require a validated operation, before it is executed. */
export const checkOperationPlugin = (schema: GraphQLSchema): ApolloServerPlugin<Context> => ({
  async requestDidStart({ request }) {
    // Clients send an empty name for a document with one operation.
    if (request.operationName === '') delete request.operationName;
    return {
      async didResolveOperation({ document, request: { variables }, operation }) {
        // Execution reports an unknown operation name.
        if (!operation) return;
        // The document may have been sent by hash.
        refuseSubscription(operation);
        refuseBeyondCost({ schema, document, operation, variables });
      },
    };
  },
});

function refuseSubscription(operation: OperationDefinitionNode | null | undefined) {
  if (operation?.operation !== 'subscription') return;
  throw new PublicError(
    'BAD_USER_INPUT',
    `Subscriptions are served over WebSocket: connect to ${API_PATHS.graphql} with wss:// (ws:// without TLS) and the subprotocol ${GRAPHQL_TRANSPORT_WS_PROTOCOL}.`,
  );
}

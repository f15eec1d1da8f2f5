import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { toUnavailableError } from '../../database/error-kinds.ts';
import { overloaded, PublicError } from '../../errors.ts';
import { buildContext, type ContextParts } from '../../graphql/build-context.ts';
import { INTERNAL_ERROR } from '../../graphql/errors.ts';
import { parseWithinLimits } from '../../graphql/limits.ts';
import { refuseBeyondCost } from '../../graphql/operation-cost.ts';
import { type Allowlist, requireAllowed } from '../../graphql/trusted-documents.ts';
import { clientAddress } from '../client-address.ts';
import { identify } from '../identify-sender.ts';
import { SEND_TOKEN, type Session } from './session.ts';
import { SOCKETS, type Sockets } from './sockets.ts';

export interface OperationOptions {
  schema: GraphQLSchema;
  parts: ContextParts;
  allowlist: Allowlist | undefined;
  sockets: Sockets;
  isOverloaded: () => boolean;
}

/** Placeholder document for an error that is sent as a result, like errors of an execution. */
const NOTHING = parse('{ __typename }');

/** Checks an operation before it is executed, with the same limits as over HTTP. */
export function admitOperations({
  schema,
  parts,
  allowlist,
  sockets,
  isOverloaded,
}: OperationOptions) {
  const result = (refusal: PublicError) => ({ schema, document: NOTHING, contextValue: refusal });

  return async (session: Session, payload: SubscribePayload) => {
    try {
      return await admit(session, payload);
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      session.request.log.error({ err: error }, 'An operation could not be started.');
      return [toUnavailableError(error) ?? INTERNAL_ERROR];
    }
  };

  async function admit(session: Session, payload: SubscribePayload) {
    if (sockets.counts.operations > SOCKETS.operations || isOverloaded()) return [overloaded()];
    const text = requireAllowed(allowlist, payload) ?? payload.query;
    // For each operation: the token may have been revoked.
    const sender = await identify(parts.authenticator, session.authorization);
    // Anonymous documents are not parsed: every subscription requires a signed-in viewer.
    if (!sender.viewer) {
      session.startTokenTimeout();
      return result(
        sender.refusal ?? new PublicError('UNAUTHENTICATED', `Sign in first. ${SEND_TOKEN}`),
      );
    }
    const operation = readOperation(schema, { ...payload, query: text });
    if (!('document' in operation)) return operation;
    const { log } = session.request;
    const address = clientAddress(session.request, parts.config.proxies);
    const contextValue = buildContext(parts, {
      ...sender,
      log,
      address,
      createSignal: () => session.closed,
    });
    return isSubscription(operation) ? { ...operation, contextValue } : result(onlySubscriptions());
  }
}

/** @returns validation errors, or the arguments for execution */
function readOperation(
  schema: GraphQLSchema,
  { query, operationName, variables }: SubscribePayload,
): ExecutionArgs | readonly GraphQLError[] {
  const document = parseWithinLimits(query);
  const errors = validate(schema, document, specifiedRules);
  if (errors.length > 0) return errors;
  const operation = getOperationAST(document, operationName || undefined);
  if (!operation) {
    return [new GraphQLError('Set operationName to the name of one of the operations.')];
  }
  refuseBeyondCost({ schema, document, operation, variables });
  const args = { schema, document, variableValues: variables };
  return operationName ? { ...args, operationName } : args;
}

const isSubscription = ({ document, operationName }: ExecutionArgs) =>
  getOperationAST(document, operationName)?.operation === 'subscription';

// Limits of queries and mutations exist only over HTTP.
const onlySubscriptions = () =>
  new PublicError(
    'BAD_USER_INPUT',
    'Only subscriptions are executed over WebSocket. Send queries and mutations by HTTP.',
  );

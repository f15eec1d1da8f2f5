import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity';
import { PublicError } from '../errors.ts';

/**
 * In fields, each multiplied by the page sizes (`first` or `last`) above it. All fields of a hundred users cost 5,001;
 * operations that do more than read cost thousands (complexity.ts, ADR 0011).
 */
const MAX_COST = 6_000;

/** Fields of an operation, with fragments expanded; the document limits are lower (limits.ts). */
const MAX_NODES = 10_000;

interface Operation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown> | null | undefined;
}

/**
 * Rejects a validated operation whose cost with these variables exceeds the limit, before it is executed, on every transport.
 *
 * @throws PublicError BAD_USER_INPUT
 */
export function refuseBeyondCost(candidate: Operation): void {
  const cost = computeOperationCost(candidate);
  if (cost <= MAX_COST) return;
  throw new PublicError(
    'BAD_USER_INPUT',
    `The operation costs ${cost}; at most ${MAX_COST} is accepted. Request fewer rows or fields, or one photo or password per request.`,
    { limit: MAX_COST, actual: cost },
  );
}

/** Computing a cost takes a tenth of the time of a small response, so each operation's last cost is cached, with its variables. */
const lastCosts = new WeakMap<OperationDefinitionNode, { key: string; cost: number }>();

/** In fields; `MAX_NODES` for an operation too large to compute. */
function computeOperationCost({ schema, document, operation, variables }: Operation): number {
  const values = variables ?? {};
  const key = costKey(operation, values);
  const last = lastCosts.get(operation);
  if (last?.key === key) return last.cost;
  try {
    const cost = getComplexity({
      ...{ schema, query: document, variables: values, maxQueryNodes: MAX_NODES },
      ...(operation.name && { operationName: operation.name.value }),
      estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
    });
    lastCosts.set(operation, { key, cost });
    return cost;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // Execution reports variables of the wrong type with a better message.
    return /nodes/.test(error.message) ? MAX_NODES : 0;
  }
}

/** The parts of the variables that affect the cost: numbers, flags, and whether a string such as a search is blank. */
function costKey(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Record<string, unknown>,
): string {
  try {
    return (
      variableDefinitions
        // Null is not the same as absent, which has a default.
        .map(({ variable }) => JSON.stringify(variables[variable.name.value], shapeOf))
        .join()
    );
  } catch (cause) {
    // JSON.stringify is recursive, JSON.parse is not: thousands of brackets exceed the stack.
    if (!(cause instanceof RangeError)) throw cause;
    throw new PublicError('BAD_USER_INPUT', 'A variable is nested too deeply.', { cause });
  }
}

/** Replaces strings, which may be photos, by whether they are non-blank, and omits files. */
function shapeOf(_key: string, value: unknown) {
  if (typeof value === 'string') return /\S/.test(value);
  const isFile =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) !== Object.prototype;
  return isFile ? undefined : value;
}

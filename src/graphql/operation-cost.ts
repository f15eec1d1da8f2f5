import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity';
import { PublicError } from '../errors.ts';

/**
 * Fields, each as often as the `first` or `last` above it says. A hundred users with all there is to know of them are
 * 5,001; what does more than read is worth thousands (cost.ts).
 */
const MAX_COST = 6_000;

/** Fields of an operation, those of a fragment as often as it is used; the limits of documents are below it (limits.ts). */
const MAX_NODES = 10_000;

interface Operation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown> | null | undefined;
}

/**
 * Refuses a validated operation that costs too much with these variables, before it is executed; of every transport.
 *
 * @throws PublicError BAD_USER_INPUT
 */
export function refuseBeyondCost(candidate: Operation): void {
  const cost = computeOperationCost(candidate);
  if (cost <= MAX_COST) return;
  throw new PublicError(
    'BAD_USER_INPUT',
    `The operation costs ${cost}; at most ${MAX_COST} is accepted. Ask for fewer rows or fields, or for one photo or password at a time.`,
    { limit: MAX_COST, actual: cost },
  );
}

/** Computing a cost takes a tenth of a small response: each operation's last cost is kept, with the variables it is for. */
const lastCosts = new WeakMap<OperationDefinitionNode, { counts: string; cost: number }>();

/** In fields; `MAX_NODES` for an operation too large to compute. */
function computeOperationCost({ schema, document, operation, variables }: Operation): number {
  const values = variables ?? {};
  const counts = countsIn(operation, values);
  const last = lastCosts.get(operation);
  if (last?.counts === counts) return last.cost;
  try {
    const cost = getComplexity({
      ...{ schema, query: document, variables: values, maxQueryNodes: MAX_NODES },
      ...(operation.name && { operationName: operation.name.value }),
      estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
    });
    lastCosts.set(operation, { counts, cost });
    return cost;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // Variables of the wrong type are reported, in better words, by execution.
    return /nodes/.test(error.message) ? MAX_NODES : 0;
  }
}

/** What a cost can depend on of the variables: numbers, flags, and whether a text such as a search is given at all. */
function countsIn(
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
    // JSON.stringify is recursive, JSON.parse is not: some thousand brackets exceed the stack.
    if (!(cause instanceof RangeError)) throw cause;
    throw new PublicError('BAD_USER_INPUT', 'A variable is nested too deeply.', { cause });
  }
}

/** Replaces texts, which may be photos, by whether they are blank, and leaves out files. */
function shapeOf(_key: string, value: unknown) {
  if (typeof value === 'string') return /\S/.test(value);
  const isFile =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) !== Object.prototype;
  return isFile ? undefined : value;
}

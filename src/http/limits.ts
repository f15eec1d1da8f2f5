import type { ApolloServerPlugin } from '@apollo/server';
import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
  type ValidationContext,
} from 'graphql';
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity';
import type { Context } from '../context.ts';
import { PublicError } from '../errors.ts';

/** Words, names and signs of a document: the playground's introspection has 400, the largest of ours 150. */
export const MAX_TOKENS = 1_000;

/** The same photo in every size is eight aliases. */
const MAX_ALIASES = 30;
const MAX_DIRECTIVES = 20;
/** Levels of fields: from `users` down to a variant of a photo it is seven. The introspection of the playground: 15. */
const MAX_DEPTH = 15;

/**
 * Fields, each as often as the `first` or `last` above it says. A hundred people with all there is to know of them are
 * 5,001; what does more than read is worth thousands (cost.ts).
 */
const MAX_COST = 6_000;

/** Fields of a document, those of a fragment as often as it is used. */
const MAX_NODES = 10_000;

/** Refuses a document that is more than anybody needs, whatever its variables. */
export function limitsRule(context: ValidationContext): ASTVisitor {
  let [aliases, directives] = [0, 0];
  return {
    Field({ alias }) {
      if (alias) aliases++;
    },
    Directive() {
      directives++;
    },
    OperationDefinition({ selectionSet }) {
      refuse('levels', depthOf(selectionSet, context), MAX_DEPTH);
    },
    Document: {
      leave() {
        refuse('aliases', aliases, MAX_ALIASES);
        refuse('directives', directives, MAX_DIRECTIVES);
      },
    },
  };

  function refuse(what: string, actual: number, limit: number) {
    if (actual <= limit) return;
    context.reportError(
      new GraphQLError(`The operation has ${actual} ${what}; at most ${limit} are accepted.`),
    );
  }
}

/** Levels of fields below a selection. */
function depthOf(
  { selections }: SelectionSetNode,
  context: ValidationContext,
  known = new Map<string, number>(),
): number {
  const below = (set: SelectionSetNode | undefined) => (set ? depthOf(set, context, known) : 0);
  const ofFragment = (name: string) => {
    // Each is walked once, however often it is used. One that holds itself is another rule's affair.
    if (!known.has(name)) {
      known.set(name, 0);
      known.set(name, below(context.getFragment(name)?.selectionSet));
    }
    return known.get(name) ?? 0;
  };
  const depths = selections.map((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    return below(selection.selectionSet) + (selection.kind === Kind.FIELD ? 1 : 0);
  });
  return Math.max(...depths);
}

/** Refuses an operation that costs too much with the variables it came with, before any of it runs. */
export const costPlugin = (schema: GraphQLSchema): ApolloServerPlugin<Context> => ({
  async requestDidStart() {
    return {
      async didResolveOperation({ document, request: { variables = {} }, operation }) {
        // A name that none of them has is told where it is to be executed.
        if (!operation) return;
        const cost = costOf({ schema, document, operation, variables });
        if (cost <= MAX_COST) return;
        throw new PublicError(
          'BAD_USER_INPUT',
          `The operation costs ${cost}; at most ${MAX_COST} is accepted. Ask for fewer rows or fields, or for one photo or password at a time.`,
          { limit: MAX_COST, actual: cost },
        );
      },
    };
  },
});

interface Asked {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
}

/** Reckoning takes a tenth of a small answer: of each operation the last cost is kept, with the variables it is for. */
const reckoned = new WeakMap<OperationDefinitionNode, { counts: string; cost: number }>();

/** In fields; as much as there are nodes where nobody can count them in time. */
function costOf({ schema, document, operation, variables }: Asked): number {
  const counts = countsIn(operation, variables);
  const last = reckoned.get(operation);
  if (last?.counts === counts) return last.cost;
  try {
    const cost = getComplexity({
      ...{ schema, query: document, variables, maxQueryNodes: MAX_NODES },
      ...(operation.name && { operationName: operation.name.value }),
      estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
    });
    reckoned.set(operation, { counts, cost });
    return cost;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // Variables of the wrong type are told, in better words, where they are read.
    return /nodes/.test(error.message) ? MAX_NODES : 0;
  }
}

/** Values of the variables that a cost can depend on: how many rows, and whether a field is asked for at all. */
const countsIn = (
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Asked['variables'],
) =>
  variableDefinitions
    .filter(({ type }) => ['Int', 'Boolean'].includes(nameOf(type)))
    // Null is not what is absent, which has a default.
    .map(({ variable }) => JSON.stringify(variables[variable.name.value]))
    .join();

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);

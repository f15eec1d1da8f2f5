import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  parse,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { PublicError } from '../errors.ts';

/** Tokens per document: the playground's introspection has 400, the largest operation of our clients 150. */
export const MAX_TOKENS = 1_000;

/**
 * Limits of a document. Each limit is several times what the largest document of our own clients needs; the
 * introspection of the playground has 15 levels and 75 fields.
 */
const LIMITS = {
  /** From `users` down to a variant of a photo there are seven. */
  levels: 15,
  /** The same photo in every size needs eight. */
  aliases: 30,
  directives: 20,
  /** A page of users with all fields has 45. */
  fields: 500,
  /** Distinct names, defined or not. Validation compares them pairwise: 490 take 40 ms. */
  fragments: 30,
  /** Fields and fragments, counted at each use of a fragment. The cost is computed from them, 1 µs each. */
  selections: 2_000,
  /**
   * Pairs of fields that have the same name and arguments or a selection. Validation compares them pairwise
   * (OverlappingFieldsCanBeMerged), 0.5 µs a pair: `profile { id }` 1,470 times in 16 KB is a million pairs.
   * Thirty aliases of `user { profile { photo { crop } } }` are 1,740.
   */
  pairs: 2_000,
} as const;

type Measure = keyof typeof LIMITS;

/** Names of the measures in messages. */
const NAMES: Record<Measure, string> = {
  levels: 'levels',
  aliases: 'aliases',
  directives: 'directives',
  fields: 'fields',
  fragments: 'fragments',
  selections: 'fields, fragments expanded',
  pairs: 'pairs of fields with the same name',
};

/** Cache of documents that passed recently: 500 of at most 4,096 UTF-16 code units are 4 MiB. */
const CACHE = { documents: 500, documentLength: 4_096 };
const passed = new Set<string>();

/**
 * Rejects a document that exceeds the limits, before it is validated: validation is quadratic in places (ADR 0010). Safe
 * on any document: unknown fields, and unknown or cyclic fragments, are left to validation.
 *
 * @throws PublicError BAD_USER_INPUT; GraphQLError for a syntax error, or more than `MAX_TOKENS`
 */
export function parseWithinLimits(text: string): DocumentNode {
  const document = parseDocument(text);
  for (const [measure, actual] of Object.entries(measureDocument(document))) {
    const limit = LIMITS[measure as Measure];
    if (actual <= limit) continue;
    throw new PublicError(
      'BAD_USER_INPUT',
      `The operation has ${actual} ${NAMES[measure as Measure]}; at most ${limit} are accepted.`,
      { limit, actual },
    );
  }
  return document;
}

function parseDocument(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const { source, positions } = error;
    const extensions = { code: 'GRAPHQL_PARSE_FAILED' };
    throw new GraphQLError(error.message, { source, positions, extensions });
  }
}

/**
 * The same before Apollo, which validates before any hook that could reject a document. Apollo parses again and reports
 * syntax errors itself, so a text that passed recently is not parsed here.
 *
 * @returns the document if it was parsed, as every document with subscriptions is
 * @throws PublicError BAD_USER_INPUT
 */
export function refuseBeyondLimits(text: string): DocumentNode | undefined {
  if (passed.has(text)) return undefined;
  try {
    const document = parseWithinLimits(text);
    if (text.length <= CACHE.documentLength && !hasSubscription(document)) remember(text);
    return document;
  } catch (error) {
    if (error instanceof PublicError || !(error instanceof GraphQLError)) throw error;
    return undefined;
  }
}

function remember(text: string) {
  const [oldest] = passed.size >= CACHE.documents ? passed : [];
  if (oldest !== undefined) passed.delete(oldest);
  passed.add(text);
}

const hasSubscription = ({ definitions }: DocumentNode) =>
  definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && definition.operation === 'subscription',
  );

function measureDocument(document: DocumentNode): Record<Measure, number> {
  const counts = { aliases: 0, directives: 0, fields: 0 };
  const names = new Map<string, number>();
  const spread = new Set<string>();
  const fragments = new Map<string, FragmentDefinitionNode>();
  visit(document, {
    Field({ alias, name, arguments: args, selectionSet }) {
      counts.fields++;
      if (alias) counts.aliases++;
      if (!selectionSet && !args?.length) return;
      const key = (alias ?? name).value;
      names.set(key, (names.get(key) ?? 0) + 1);
    },
    Directive() {
      counts.directives++;
    },
    FragmentSpread({ name }) {
      spread.add(name.value);
    },
    FragmentDefinition(fragment) {
      spread.add(fragment.name.value);
      fragments.set(fragment.name.value, fragment);
    },
  });
  const pairs = [...names.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  return { ...counts, fragments: spread.size, pairs, ...measureOperations(document, fragments) };
}

interface Size {
  levels: number;
  selections: number;
}

function measureOperations(
  { definitions }: DocumentNode,
  fragments: Map<string, FragmentDefinitionNode>,
): Size {
  const known = new Map<string, Size>();
  const sizes = definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map(({ selectionSet }) => sizeOf(selectionSet));
  return {
    levels: Math.max(0, ...sizes.map(({ levels }) => levels)),
    selections: sizes.reduce((sum, { selections }) => sum + selections, 0),
  };

  function sizeOf(set: SelectionSetNode | undefined): Size {
    const size = { levels: 0, selections: 0 };
    for (const selection of set?.selections ?? []) {
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const below = isSpread
        ? sizeOfFragment(selection.name.value)
        : sizeOf(selection.selectionSet);
      const own = selection.kind === Kind.FIELD ? 1 : 0;
      size.levels = Math.max(size.levels, below.levels + own);
      size.selections += below.selections + 1;
    }
    return size;
  }

  /** Each fragment is visited once, however often it is used; validation rejects cycles. */
  function sizeOfFragment(name: string): Size {
    const size = known.get(name);
    if (size) return size;
    known.set(name, { levels: 0, selections: 0 });
    const measured = sizeOf(fragments.get(name)?.selectionSet);
    known.set(name, measured);
    return measured;
  }
}

import type { GraphQLSchema } from 'graphql';
import { isStorableText } from '../database/storable-text.ts';
import { PublicError } from '../errors.ts';

/**
 * Rejects U+0000 and lone surrogates in any argument of a query or mutation: PostgreSQL cannot store U+0000, UTF-8 cannot
 * encode lone surrogates, and the client's mistake would be reported as an internal error.
 */
export function rejectInvalidUnicode(schema: GraphQLSchema) {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const { resolve } = field;
      field.resolve = (...call) => {
        const { input, ...args } = call[1];
        // Paths start inside `input`, as in other validation errors.
        const paths = pathsOfInvalidText({ ...args, ...input });
        if (paths.length > 0) throw refusal(paths);
        return resolve?.(...call);
      };
    }
  }
  return schema;
}

/** Paths of the invalid strings, such as `crop.rectangle.x`. */
function pathsOfInvalidText(value: unknown, path: string[] = []): string[] {
  if (typeof value === 'string') return isStorableText(value) ? [] : [path.join('.')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => pathsOfInvalidText(part, [...path, name]));
}

function refusal(paths: string[]) {
  const message = 'must not contain the character U+0000, nor half of a pair of surrogates';
  return new PublicError('BAD_USER_INPUT', `${paths.join(', ')} ${message}.`, {
    fields: paths.map((path) => ({ path, message })),
  });
}

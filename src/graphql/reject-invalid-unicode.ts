import type { GraphQLSchema } from 'graphql';
import { PublicError } from '../errors.ts';

/**
 * Refuses, in any argument of a query or mutation, the character U+0000 and half of a pair of surrogates: PostgreSQL
 * cannot keep the one in a text, nothing can be written of the other, and the caller's fault would look like ours.
 */
export function rejectInvalidUnicode(schema: GraphQLSchema) {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const { resolve } = field;
      field.resolve = (...call) => {
        const { input, ...args } = call[1];
        // Paths start inside `input`, as those of the other complaints do.
        const paths = pathsOfInvalidText({ ...args, ...input });
        if (paths.length > 0) throw refusal(paths);
        return resolve?.(...call);
      };
    }
  }
  return schema;
}

/** Where in these arguments they are, in the manner of `crop.rectangle.x`. */
function pathsOfInvalidText(value: unknown, path: string[] = []): string[] {
  if (typeof value === 'string') return isText(value) ? [] : [path.join('.')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => pathsOfInvalidText(part, [...path, name]));
}

/** Whether PostgreSQL can keep it, and keeps it as it is. */
export const isText = (value: string) => !value.includes('\0') && value.isWellFormed();

function refusal(paths: string[]) {
  const message = 'must not contain the character U+0000, nor half of a pair of surrogates';
  return new PublicError('BAD_USER_INPUT', `${paths.join(', ')} ${message}.`, {
    fields: paths.map((path) => ({ path, message })),
  });
}

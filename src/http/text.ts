import type { GraphQLSchema } from 'graphql';
import { PublicError } from '../errors.ts';

/**
 * Refuses the character U+0000 in any argument of a query or mutation: PostgreSQL cannot keep it in a text,
 * and would make the caller's fault look like ours.
 */
export function refuseZeroCharacters(schema: GraphQLSchema) {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const { resolve } = field;
      field.resolve = (...call) => {
        const { input, ...args } = call[1];
        // Paths start inside `input`, as those of the other complaints do.
        const paths = zeroCharacters({ ...args, ...input });
        if (paths.length > 0) throw refusal(paths);
        return resolve?.(...call);
      };
    }
  }
  return schema;
}

/** Where in these arguments the character is, in the manner of `crop.rectangle.x`. */
function zeroCharacters(value: unknown, path: string[] = []): string[] {
  if (typeof value === 'string') return value.includes('\0') ? [path.join('.')] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => zeroCharacters(part, [...path, name]));
}

function refusal(paths: string[]) {
  const message = 'must not contain the character U+0000';
  return new PublicError('BAD_USER_INPUT', `${paths.join(', ')} ${message}.`, {
    fields: paths.map((path) => ({ path, message })),
  });
}

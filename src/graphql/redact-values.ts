import { GraphQLError } from 'graphql';

/**
 * Removes values from a message of GraphQL, which repeats a variable it cannot read, whole and once more in the reason:
 * with a password in it, which then is in the client's own logs. The variable, the path and the reason stay.
 *
 * @param error of which the message is
 */
export function withoutValues(message: string, error: unknown): string {
  const [, variable] = /^(Variable "\$\w+") got invalid value /.exec(message) ?? [];
  if (!variable) return withoutLiteral(message);
  const reason = reasonOf(error);
  // By length: any separator may also be in the value.
  const [path = ''] =
    / at "[\w.[\]]+"$/.exec(message.slice(0, message.length - reason.length - '; '.length)) ?? [];
  return `${variable}${path}: ${withoutLiteral(reason)}`;
}

const reasonOf = (error: unknown) =>
  (error instanceof GraphQLError && error.originalError?.message) || 'The value is not valid.';

const withoutLiteral = (reason: string) =>
  reason
    .replace(/( cannot represent [\w -]+): [\s\S]*$/, '$1.')
    .replace(/^Value "[\s\S]*" (?=does not exist in "\w+" enum\.)/, 'The value ')
    // A scalar's own words, about which nothing is certain.
    .replace(/^(Expected type "\w+"\.) [\s\S]*$/, '$1');

import { GraphQLError } from 'graphql';

/**
 * Removes values from a GraphQL message, which quotes an invalid variable completely and again in the reason: a password
 * in it would end up in the client's logs. Keeps the variable's name, the path and the reason.
 *
 * @param error the error with this message
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
    // The message of a custom scalar may quote the value.
    .replace(/^(Expected type "\w+"\.) [\s\S]*$/, '$1');

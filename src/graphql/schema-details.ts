import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';

/** Rejects introspection. The message of Apollo's own rule recommends a code change. */
export const noIntrospection = (context: ValidationContext): ASTVisitor => ({
  Field(node) {
    if (!['__schema', '__type'].includes(node.name.value)) return;
    const message =
      'GraphQL introspection is disabled. PLAYGROUND=on enables it, together with the playground.';
    context.reportError(new GraphQLError(message, { nodes: node }));
  },
});

/**
 * A message of graphql-js without the names it suggests: of fields, arguments, types, enum values. Apollo's
 * `hideSchemaDetailsFromClientErrors` covers validation over HTTP alone, neither variables nor WebSockets (5.5.1).
 */
export const withoutSuggestions = (message: string) =>
  message.replace(/\s*Did you mean [^?]*\?/g, '');

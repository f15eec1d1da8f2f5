import type { ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { ForeignKeyConstraintViolationException } from '@mikro-orm/postgresql';
import type {
  FastifyBaseLogger,
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
} from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ArgumentValidationError } from 'type-graphql';
import type { AppConfig } from '../config.ts';
import { toUnavailableError } from '../database/error-kinds.ts';
import { violatedIndex } from '../database/unique-violation.ts';
import { ERRORS, type ErrorCode, PublicError, statusOf } from '../errors.ts';
import type { Context } from './context.ts';
import { withoutValues } from './redact-values.ts';
import { withoutSuggestions } from './schema-details.ts';

export type FormatError = ReturnType<typeof errorFormatter>;

/**
 * Formats errors for clients, on every transport: our codes and messages, GraphQL's own messages, and nothing else.
 * Where introspection is disabled, messages suggest no names of the schema.
 */
export function errorFormatter({ playground }: Pick<AppConfig, 'playground'>) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const known = toPublicError(unwrapResolverError(thrown));
    if (known) return { ...formatted, message: known.message, extensions: known.extensions };
    // GraphQL rejected the request before any of our code ran: the message contains only the client's input.
    if (formatted.extensions?.code !== 'INTERNAL_SERVER_ERROR') {
      const message = withoutValues(formatted.message, thrown);
      const extensions = { code: formatted.extensions?.code, retryable: false };
      return {
        ...formatted,
        message: playground ? message : withoutSuggestions(message),
        extensions,
      };
    }
    return { ...formatted, message: INTERNAL_ERROR.message, extensions: INTERNAL_ERROR.extensions };
  };
}

/** The response to any internal error. */
export const INTERNAL_ERROR = new PublicError(
  'INTERNAL_SERVER_ERROR',
  'Something failed on our side; it is in our log. Try again in a moment.',
);

/** For routes other than GraphQL: Fastify would send the message of an internal error to the client. */
export function maskInternalErrors(server: FastifyInstance) {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.statusCode !== undefined && error.statusCode < 500) return reply.send(error);
    const { code, message, extensions } = toUnavailableError(error) ?? INTERNAL_ERROR;
    request.log[levelOf(code)]({ err: error }, error.message);
    if (extensions.retryAfter) reply.header('retry-after', String(extensions.retryAfter));
    // If reading a file failed, its content type is already set.
    return reply.code(statusOf(code)).type('application/json').send({ message });
  });
}

/** Responds 404. */
export const sendNothing = (request: FastifyRequest, reply: FastifyReply) =>
  reply.code(404).send({ message: `There is nothing at ${request.url.split('?')[0]}.` });

/** Field and message by unique index. */
const TAKEN: Record<string, { field: string; message: string }> = {
  users_pkey: { field: 'id', message: 'A user with this id already exists.' },
  users_username_unique: { field: 'username', message: 'This username is taken. Choose another.' },
  users_email_unique: { field: 'email', message: 'This e-mail address has an account already.' },
  profiles_user_id_unique: { field: 'userId', message: 'This user has a profile already.' },
};

function toPublicError(error: unknown): PublicError | undefined {
  if (error instanceof PublicError) return error;
  if (error instanceof ArgumentValidationError) {
    const fields = error.extensions.validationErrors.flatMap((problem) => flattenErrors(problem));
    const message = fields.map((field) => `${field.path}: ${field.message}`).join('; ');
    return new PublicError('BAD_USER_INPUT', `${message}.`, { fields });
  }
  const taken = TAKEN[violatedIndex(error) ?? ''];
  if (taken) return new PublicError('CONFLICT', taken.message, { field: taken.field });
  if (error instanceof ForeignKeyConstraintViolationException) {
    return new PublicError(
      'NOT_FOUND',
      'The object that this belongs to was deleted in the meantime.',
    );
  }
  return toUnavailableError(error);
}

interface ValidationProblem {
  property: string;
  constraints?: Record<string, string>;
  children?: ValidationProblem[];
}

/** class-validator's tree as a flat list: `crop.rectangle.x: must not be greater than 1`. */
function flattenErrors(
  { property, constraints = {}, children = [] }: ValidationProblem,
  parents = '',
): { path: string; message: string }[] {
  const path = parents + property;
  const own = Object.values(constraints).map((text) => ({
    path,
    message: text.startsWith(`${property} `) ? text.slice(property.length + 1) : text,
  }));
  return [...own, ...children.flatMap((child) => flattenErrors(child, `${path}.`))];
}

/** Sets the HTTP status of a response without data, and logs each internal error once. */
export const errorPlugin = (log: FastifyBaseLogger): ApolloServerPlugin<Context> => ({
  // Authentication failed with an internal error: there is no context.
  async contextCreationDidFail({ error }) {
    log.error({ err: error }, error.message);
  },
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, contextValue }) {
        for (const error of errors) {
          const thrown = unwrapResolverError(error);
          const known = toPublicError(thrown);
          const isOurs = known ? isOurFault(known.code) : isUnknown(thrown);
          if (isOurs)
            contextValue.log[levelOf(known?.code)](
              { err: known?.originalError ?? thrown, path: error.path },
              error.message,
            );
        }
      },
      async willSendResponse({ response }) {
        if (response.body.kind !== 'single') return;
        const { data, errors } = response.body.singleResult;
        // With data, even partial, GraphQL over HTTP requires 200 (ADR 0005).
        if (errors?.[0] && data == null) {
          response.http.status = statusOfError(errors[0]) ?? response.http.status ?? 400;
        }
        const wait = errors?.find(({ extensions }) => extensions?.retryAfter)?.extensions
          ?.retryAfter;
        if (wait) response.http.headers.set('retry-after', String(wait));
      },
    };
  },
});

/** An error without a code; Apollo wraps errors thrown by plugins. */
const isUnknown = (thrown: unknown) =>
  !(thrown instanceof GraphQLError) ||
  (thrown.extensions.code === undefined && thrown.originalError !== undefined);

const isOurFault = (code: ErrorCode) => statusOf(code) >= 500;

/** Any client can cause overload, so it must not page an engineer. */
const levelOf = (code: ErrorCode | undefined) => (code === 'OVERLOADED' ? 'warn' : 'error');

/** Undefined for GraphQL's own errors. */
function statusOfError({ extensions }: GraphQLFormattedError): number | undefined {
  const code = extensions?.code;
  return typeof code === 'string' && code in ERRORS ? statusOf(code as ErrorCode) : undefined;
}

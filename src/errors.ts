import { GraphQLError } from 'graphql';
import { PHOTO_PROBLEMS } from '../lambda/contract.ts';

/** Every code a client can meet, with the HTTP status it travels under when there is no data. Codes are permanent. */
export const ERROR_STATUS = {
  ...PHOTO_PROBLEMS,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_MANY_REQUESTS: 429,
  PHOTO_SOURCE_REFUSED: 400,
  PHOTO_SOURCE_UNREACHABLE: 400,
  PROCESSING_FAILED: 500,
  PROCESSING_UNAVAILABLE: 503,
  OVERLOADED: 503,
  INTERNAL_SERVER_ERROR: 500,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;

/** Codes of a failure that may be gone when the same request is sent again. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'TOO_MANY_REQUESTS',
  'PHOTO_SOURCE_UNREACHABLE',
  'PROCESSING_FAILED',
  'PROCESSING_UNAVAILABLE',
  'OVERLOADED',
  'INTERNAL_SERVER_ERROR',
]);

export const isRetryable = (code: ErrorCode) => RETRYABLE.has(code);

/** Facts beside the code: `field` of a CONFLICT, `limit` and `actual` of what is too large, `fields` of bad input. */
export interface ErrorFacts {
  field?: string;
  fields?: { path: string; message: string }[];
  limit?: number | undefined;
  actual?: number | undefined;
  /** s, of what may be sent again; also the header `Retry-After`. */
  retryAfter?: number;
}

/**
 * An error the caller may see: a permanent code, a sentence that says what happened and what to do.
 * Anything else that is thrown is our fault and leaves as INTERNAL_SERVER_ERROR.
 */
export class PublicError extends GraphQLError {
  override name = 'PublicError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts & { cause?: unknown } = {}) {
    const { cause, ...extensions } = facts;
    super(message, {
      extensions: { code, retryable: isRetryable(code), ...extensions },
      ...(cause instanceof Error && { originalError: cause }),
    });
    this.code = code;
  }
}

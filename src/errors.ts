import { GraphQLError } from 'graphql';
import { PHOTO_PROBLEMS } from '../contract/error-codes.ts';

/** Documentation of an error code. */
interface ErrorKind {
  /** HTTP status of a response without data. */
  status: number;
  /** Whether retrying the same request may succeed. */
  retryable?: true;
  /** Extensions beside the code, with units; see `ErrorFacts`. */
  facts?: string;
  when: string;
  whatToDo: string;
}

/**
 * All error codes. Codes are permanent.
 * docs/errors.md is generated from this (`npm run tables`).
 */
export const ERRORS = {
  UNAUTHENTICATED: {
    status: 401,
    when: 'No token was sent, the token is invalid, expired or revoked, or the e-mail address or password is wrong.',
    whatToDo: 'Sign in, then retry with the new token.',
  },
  FORBIDDEN: {
    status: 403,
    when: 'The viewer lacks permission, sign-up is closed, or the operation is not on the allowlist.',
    whatToDo: 'Do not offer this action to this viewer.',
  },
  NOT_FOUND: {
    status: 404,
    when: 'The object to change does not exist or was deleted. (Queries return null instead.)',
    whatToDo: 'Reload the data.',
  },
  CONFLICT: {
    status: 409,
    facts: '`field`',
    when: 'The username or e-mail address is taken, the user already has a profile, or the change would leave no admin.',
    whatToDo: 'Show the message next to `field` and prompt for another value.',
  },
  BAD_USER_INPUT: {
    status: PHOTO_PROBLEMS.BAD_USER_INPUT,
    facts: '`fields`: `[{path, message}]`',
    when: 'An argument is invalid.',
    whatToDo: 'Show each message next to the field at its `path`, such as `crop.rectangle.x`.',
  },
  TOO_MANY_REQUESTS: {
    status: 429,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'A rate limit was exceeded: failed sign-ins, new accounts, account changes, photos, or pending direct uploads.',
    whatToDo: 'Wait `retryAfter` seconds (header `Retry-After`) if present, then retry.',
  },
  PHOTO_UNREADABLE: {
    status: PHOTO_PROBLEMS.PHOTO_UNREADABLE,
    when: 'The photo is empty, corrupt or truncated, or the upload was interrupted.',
    whatToDo: 'Retry once; if it fails again, prompt for another file.',
  },
  PHOTO_TYPE_UNSUPPORTED: {
    status: PHOTO_PROBLEMS.PHOTO_TYPE_UNSUPPORTED,
    when: 'The content of the file is not one of `uploadPolicy.contentTypes`; its name is ignored.',
    whatToDo: 'Prompt for another file.',
  },
  PHOTO_TOO_LARGE: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_LARGE,
    facts: '`limit`, `actual`: bytes',
    when: 'The photo exceeds `uploadPolicy.maxBytes`.',
    whatToDo: 'Prompt for a smaller file, or downscale it before uploading.',
  },
  PHOTO_TOO_MANY_PIXELS: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_MANY_PIXELS,
    facts: '`limit`, `actual`: pixels',
    when: 'The photo exceeds `uploadPolicy.maxPixels`, or one side exceeds 16,383 px.',
    whatToDo: 'Prompt for a smaller photo, or downscale it before uploading.',
  },
  PHOTO_TOO_SMALL: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_SMALL,
    facts: '`limit`, `actual`: px of the shorter side',
    when: 'The shorter side of the photo is below `uploadPolicy.minSide`.',
    whatToDo: 'Prompt for a larger photo.',
  },
  PHOTO_SOURCE_REFUSED: {
    status: 400,
    when: 'The link, or a redirect from it, is not a public http or https URL on its default port.',
    whatToDo: 'Prompt for another link, or for the file.',
  },
  PHOTO_SOURCE_UNREACHABLE: {
    status: 400,
    retryable: true,
    when: 'The link did not return a file within 15 seconds.',
    whatToDo: 'Check that the link opens in a private browser window, then retry.',
  },
  PROCESSING_FAILED: {
    status: 500,
    retryable: true,
    when: 'The service failed to process or store the photo. Nothing was changed.',
    whatToDo: 'Retry in a moment.',
  },
  PROCESSING_UNAVAILABLE: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'Photo processing is temporarily unavailable. Nothing was changed.',
    whatToDo: 'Wait `retryAfter` seconds, then retry.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    retryable: true,
    when: 'The request body did not arrive in time. Nothing was changed.',
    whatToDo: 'Retry over a faster connection.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'The service is overloaded. Nothing was changed.',
    whatToDo: 'Wait `retryAfter` seconds, then retry.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'A dependency, usually the database, is restarting or unreachable. A mutation may or may not have been applied.',
    whatToDo: 'Wait `retryAfter` seconds, then retry; after a mutation, reload the data first.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    retryable: true,
    when: 'An unexpected internal error occurred. It has been logged.',
    whatToDo: 'Retry once, in a moment.',
  },
} as const satisfies Record<string, ErrorKind>;
export type ErrorCode = keyof typeof ERRORS;

/** HTTP status of a response without data. */
export const statusOf = (code: ErrorCode): number => ERRORS[code].status;

/** Whether retrying a request that failed with this code may succeed. */
export const isRetryable = (code: ErrorCode) => 'retryable' in ERRORS[code];

/** Extensions beside the code: `field` for CONFLICT, `limit` and `actual` for exceeded limits, `fields` for invalid input. */
export interface ErrorFacts {
  field?: string;
  fields?: { path: string; message: string }[];
  limit?: number | undefined;
  actual?: number | undefined;
  /** s before a retry; also sent as the header `Retry-After`. */
  retryAfter?: number;
}

/**
 * An error shown to the client: a permanent code, and a message with what happened and the next step.
 * Every other error is logged and returned as INTERNAL_SERVER_ERROR.
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

/** s before a rejected client may retry. */
const RETRY_AFTER_S = 5;

/** Rejects a request to shed load. */
export const overloaded = (cause?: unknown) =>
  new PublicError(
    'OVERLOADED',
    `The service is overloaded. Try again in ${RETRY_AFTER_S} seconds.`,
    {
      retryAfter: RETRY_AFTER_S,
      cause,
    },
  );

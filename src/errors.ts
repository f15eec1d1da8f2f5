import { GraphQLError } from 'graphql';
import { PHOTO_PROBLEMS } from '../contract/error-codes.ts';

/** What clients need to know about a code. */
interface ErrorKind {
  /** HTTP status of a response without data. */
  status: number;
  /** Whether sending the same request again may succeed. */
  retryable?: true;
  /** Fields beside the code, with units; see `ErrorFacts`. */
  facts?: string;
  when: string;
  whatToDo: string;
}

/**
 * Every error code. Codes are permanent. docs/errors.md is generated from this (`npm run tables`).
 */
export const ERRORS = {
  UNAUTHENTICATED: {
    status: 401,
    when: 'No viewer is signed in, the token is invalid, expired or revoked, or the e-mail address or password is wrong.',
    whatToDo: 'Sign in and send the new token.',
  },
  FORBIDDEN: {
    status: 403,
    when: 'The viewer lacks permission, sign-up is closed, or the operation is not on the allowlist.',
    whatToDo: 'Hide the action for this viewer.',
  },
  NOT_FOUND: {
    status: 404,
    when: 'The object of a mutation does not exist or has been deleted. (Queries return null instead.)',
    whatToDo: 'Refetch the data.',
  },
  CONFLICT: {
    status: 409,
    facts: '`field`',
    when: 'The username or e-mail address is taken, the user already has a profile, or no admin would be left.',
    whatToDo: 'Show the message next to `field` and ask for another value.',
  },
  BAD_USER_INPUT: {
    status: PHOTO_PROBLEMS.BAD_USER_INPUT,
    facts: '`fields`: `[{path, message}]`',
    when: 'An argument is invalid.',
    whatToDo:
      'Show each message next to the field named by its `path`, such as `crop.rectangle.x`.',
  },
  TOO_MANY_REQUESTS: {
    status: 429,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'A rate limit was exceeded: failed sign-ins, new accounts, account changes, photos, or open direct uploads.',
    whatToDo: 'Wait `retryAfter` seconds (header `Retry-After`) if present, then try again.',
  },
  PHOTO_UNREADABLE: {
    status: PHOTO_PROBLEMS.PHOTO_UNREADABLE,
    when: 'The photo is empty, damaged or incomplete, or the upload was interrupted.',
    whatToDo: 'Try once more, then ask for another file.',
  },
  PHOTO_TYPE_UNSUPPORTED: {
    status: PHOTO_PROBLEMS.PHOTO_TYPE_UNSUPPORTED,
    when: 'The file is of a type that is not in `uploadPolicy.contentTypes`, whatever its name.',
    whatToDo: 'Ask for another file.',
  },
  PHOTO_TOO_LARGE: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_LARGE,
    facts: '`limit`, `actual`: bytes',
    when: 'The file is larger than `uploadPolicy.maxBytes`.',
    whatToDo: 'Ask for a smaller file, or scale it down before sending it.',
  },
  PHOTO_TOO_MANY_PIXELS: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_MANY_PIXELS,
    facts: '`limit`, `actual`: pixels',
    when: 'The photo has more than `uploadPolicy.maxPixels` pixels, or a side of more than 16,383.',
    whatToDo: 'Ask for a smaller photo, or scale it down before sending it.',
  },
  PHOTO_TOO_SMALL: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_SMALL,
    facts: '`limit`, `actual`: px of the shorter side',
    when: 'The shorter side is below `uploadPolicy.minSide` pixels.',
    whatToDo: 'Ask for a larger photo.',
  },
  PHOTO_SOURCE_REFUSED: {
    status: 400,
    when: 'The URL is not a public http or https URL on the standard port, or redirects to one that is not.',
    whatToDo: 'Ask for another URL or for the file.',
  },
  PHOTO_SOURCE_UNREACHABLE: {
    status: 400,
    retryable: true,
    when: 'The URL did not return a file within 15 seconds.',
    whatToDo: 'Check that the URL opens in a private browser window, then try again.',
  },
  PROCESSING_FAILED: {
    status: 500,
    retryable: true,
    when: 'The photo could not be processed or stored because of an internal error. Nothing was changed.',
    whatToDo: 'Try again in a moment.',
  },
  PROCESSING_UNAVAILABLE: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'Photos cannot be processed at the moment. Nothing was changed.',
    whatToDo: 'Wait `retryAfter` seconds, then try again.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    retryable: true,
    when: 'The request body did not arrive in time. Nothing was changed.',
    whatToDo: 'Try again over a better connection.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'The service is overloaded. Nothing was changed.',
    whatToDo: 'Wait `retryAfter` seconds, then try again.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'A dependency, usually the database, is restarting or unreachable. A mutation may or may not have been executed.',
    whatToDo:
      'Wait `retryAfter` seconds, then try again; after a mutation, read the current state first.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    retryable: true,
    when: 'An unexpected error, which has been logged.',
    whatToDo: 'Try once more in a moment.',
  },
} as const satisfies Record<string, ErrorKind>;
export type ErrorCode = keyof typeof ERRORS;

/** HTTP status of a response with this code and no data. */
export const statusOf = (code: ErrorCode): number => ERRORS[code].status;

/** Whether retrying may succeed. */
export const isRetryable = (code: ErrorCode) => 'retryable' in ERRORS[code];

/** Extensions beside the code: `field` of CONFLICT, `limit` and `actual` of a photo that is too large, `fields` of BAD_USER_INPUT. */
export interface ErrorFacts {
  field?: string;
  fields?: { path: string; message: string }[];
  limit?: number | undefined;
  actual?: number | undefined;
  /** s; also sent as the header `Retry-After`. */
  retryAfter?: number;
}

/**
 * An error shown to the caller: a permanent code, and a message with what happened and the next step. Any other error is reported
 * as INTERNAL_SERVER_ERROR.
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

/** s until a rejected caller may try again. */
const RETRY_AFTER_S = 5;

/** The error of load shedding. */
export const overloaded = (cause?: unknown) =>
  new PublicError(
    'OVERLOADED',
    `The service is overloaded. Try again in ${RETRY_AFTER_S} seconds.`,
    {
      retryAfter: RETRY_AFTER_S,
      cause,
    },
  );

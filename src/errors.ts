import { GraphQLError } from 'graphql';
import { PHOTO_PROBLEMS } from '../contract/error-codes.ts';

/** What a client has to know of a code. */
interface ErrorKind {
  /** HTTP status of an answer without data. */
  status: number;
  /** Whether the same request may work when it is sent again. */
  retryable?: true;
  /** What stands beside the code, with units; see `ErrorFacts`. */
  facts?: string;
  when: string;
  whatToDo: string;
}

/**
 * Every code a client can meet. Codes are permanent.
 * docs/errors.md is made of this (`npm run tables`).
 */
export const ERRORS = {
  UNAUTHENTICATED: {
    status: 401,
    when: 'Nobody is signed in, the token is not good (any more), or e-mail address or password is wrong.',
    whatToDo: 'Sign in, and send the new token.',
  },
  FORBIDDEN: {
    status: 403,
    when: 'The viewer may not do this, sign-up is closed, or the operation is none of those that are listed.',
    whatToDo: 'Do not offer it to this viewer.',
  },
  NOT_FOUND: {
    status: 404,
    when: 'What is to be changed is not there, or was deleted meanwhile. (A query answers null instead.)',
    whatToDo: 'Read anew what there is.',
  },
  CONFLICT: {
    status: 409,
    facts: '`field`',
    when: 'Somebody else has this username or e-mail address, the user has a profile already, or it would leave no admin.',
    whatToDo: 'Show the message beside `field`, and ask for another value.',
  },
  BAD_USER_INPUT: {
    status: PHOTO_PROBLEMS.BAD_USER_INPUT,
    facts: '`fields`: `[{path, message}]`',
    when: 'An argument is not as its description says.',
    whatToDo: 'Show each message beside the field its `path` names, such as `crop.rectangle.x`.',
  },
  TOO_MANY_REQUESTS: {
    status: 429,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'Wrong passwords, new accounts, changes of an account, photos, or open requests for direct uploads: more than is allowed.',
    whatToDo:
      'Wait `retryAfter` seconds (header `Retry-After`) where it is told, then send it again.',
  },
  PHOTO_UNREADABLE: {
    status: PHOTO_PROBLEMS.PHOTO_UNREADABLE,
    when: 'The photo is empty, damaged or cut short, or the upload broke off.',
    whatToDo: 'Send it once more; if it says so again, ask for another file.',
  },
  PHOTO_TYPE_UNSUPPORTED: {
    status: PHOTO_PROBLEMS.PHOTO_TYPE_UNSUPPORTED,
    when: 'Its bytes are none of `uploadPolicy.contentTypes`, whatever its name says.',
    whatToDo: 'Ask for another file.',
  },
  PHOTO_TOO_LARGE: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_LARGE,
    facts: '`limit`, `actual`: bytes',
    when: 'It has more bytes than `uploadPolicy.maxBytes`.',
    whatToDo: 'Ask for a smaller file, or shrink it before it is sent.',
  },
  PHOTO_TOO_MANY_PIXELS: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_MANY_PIXELS,
    facts: '`limit`, `actual`: pixels',
    when: 'It has more pixels than `uploadPolicy.maxPixels`, or a side of more than 16,383.',
    whatToDo: 'Ask for a smaller picture, or shrink it before it is sent.',
  },
  PHOTO_TOO_SMALL: {
    status: PHOTO_PROBLEMS.PHOTO_TOO_SMALL,
    facts: '`limit`, `actual`: px of the shorter side',
    when: 'Its shorter side has fewer pixels than `uploadPolicy.minSide`.',
    whatToDo: 'Ask for a larger picture.',
  },
  PHOTO_SOURCE_REFUSED: {
    status: 400,
    when: 'The link is no public http or https address on its usual port, or leads to one that is not.',
    whatToDo: 'Ask for another link, or for the file.',
  },
  PHOTO_SOURCE_UNREACHABLE: {
    status: 400,
    retryable: true,
    when: 'The link did not answer with a file within 15 seconds.',
    whatToDo: 'See whether the link opens in a private window, then send it again.',
  },
  PROCESSING_FAILED: {
    status: 500,
    retryable: true,
    when: 'The photo could not be processed or stored, by our fault. Nothing was changed.',
    whatToDo: 'Send the photo again in a moment.',
  },
  PROCESSING_UNAVAILABLE: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'Photos cannot be processed right now. Nothing was changed.',
    whatToDo: 'Wait `retryAfter` seconds, then send it again.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    retryable: true,
    when: 'The request body did not arrive in time. Nothing was changed.',
    whatToDo: 'Send it again, over a better connection.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'There is more to do than can be done. Nothing was changed.',
    whatToDo: 'Wait `retryAfter` seconds, then send it again.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    facts: '`retryAfter`: s',
    when: 'Something the service depends on, usually its database, is restarting or cannot be reached. A change may or may not have been made.',
    whatToDo: 'Wait `retryAfter` seconds, then send it again; after a change, read first.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    retryable: true,
    when: 'Something else failed by our fault; it is in our log.',
    whatToDo: 'Send it again in a moment, once.',
  },
} as const satisfies Record<string, ErrorKind>;
export type ErrorCode = keyof typeof ERRORS;

/** HTTP status that a code travels under when there is no data. */
export const statusOf = (code: ErrorCode): number => ERRORS[code].status;

/** Whether what failed with this code may work when it is sent again. */
export const isRetryable = (code: ErrorCode) => 'retryable' in ERRORS[code];

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

/** s after which a caller who was turned away may try again. */
const RETRY_AFTER_S = 5;

/** Turns a request away because there is too much to do. */
export const overloaded = (cause?: unknown) =>
  new PublicError(
    'OVERLOADED',
    `The service is overloaded. Try again in ${RETRY_AFTER_S} seconds.`,
    {
      retryAfter: RETRY_AFTER_S,
      cause,
    },
  );

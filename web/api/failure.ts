import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';

/** An error as it is shown to the user. */
export interface Failure {
  /** An error code of the API, or `OFFLINE`. */
  code: string;
  title: string;
  /** What happened and what to do next. */
  message: string;
  /** Whether the same request may succeed later. */
  retryable: boolean;
  /** Messages for form fields, by field name. */
  fields: Record<string, string>;
}

interface PublicError {
  message: string;
  extensions?: {
    code?: string;
    retryable?: boolean;
    field?: string;
    fields?: { path: string; message: string }[];
  };
}

const TITLES: Record<string, string> = {
  OFFLINE: 'Connection lost',
  UNAUTHENTICATED: 'Not signed in',
  FORBIDDEN: 'Not allowed',
  NOT_FOUND: 'Not found',
  CONFLICT: 'Already taken',
  BAD_USER_INPUT: 'Check your input',
  TOO_MANY_REQUESTS: 'Too many attempts',
  PHOTO_UNREADABLE: 'This photo cannot be read',
  PHOTO_TYPE_UNSUPPORTED: 'Unsupported file type',
  PHOTO_TOO_LARGE: 'This file is too large',
  PHOTO_TOO_MANY_PIXELS: 'This photo has too many pixels',
  PHOTO_TOO_SMALL: 'This photo is too small',
  PROCESSING_FAILED: 'The photo could not be processed',
  PROCESSING_UNAVAILABLE: 'Photo processing is unavailable',
  OVERLOADED: 'The service is busy',
  SERVICE_UNAVAILABLE: 'The service is temporarily unavailable',
  UPLOAD_EXPIRED: 'The upload has expired',
};

/** Creates a failure with the title of its code. */
export function failure(code: string, message: string, details: Partial<Failure> = {}): Failure {
  const title = TITLES[code] ?? 'Something went wrong';
  return { code, title, message, retryable: false, fields: {}, ...details };
}

/** Converts anything thrown. Errors without a response are taken for a lost connection. */
export function failureOf(error: unknown): Failure {
  const publicError = publicErrorOf(error);
  if (publicError) return fromApi(publicError);
  if (isFailure(error)) return error;
  if (ServerError.is(error)) return fromStatus(error.statusCode);
  return failure('OFFLINE', 'Nothing was lost. Check your connection, then try again.', {
    retryable: true,
  });
}

function publicErrorOf(error: unknown): PublicError | undefined {
  if (CombinedGraphQLErrors.is(error)) return error.errors[0];
  // A request rejected before GraphQL executes has a JSON body and an HTTP error status.
  if (!ServerError.is(error)) return undefined;
  try {
    return JSON.parse(error.bodyText).errors?.[0];
  } catch {
    return undefined;
  }
}

/** A response of a proxy, load balancer or firewall in front of the API, which has only a status. */
function fromStatus(status: number): Failure {
  if (status === 413)
    return failure('PHOTO_TOO_LARGE', 'The server rejected it. Choose a smaller file.');
  if (status === 429) {
    return failure('TOO_MANY_REQUESTS', 'Wait a minute, then try again.', { retryable: true });
  }
  if (status >= 500) {
    return failure('SERVICE_UNAVAILABLE', 'Nothing was lost. Try again in a moment.', {
      retryable: true,
    });
  }
  return failure('', `The server responded with status ${status}. Try again later.`);
}

function fromApi({ message, extensions = {} }: PublicError): Failure {
  const { code = '', retryable = false, field, fields = [] } = extensions;
  const messages = fields.map(({ path, message: text }) => [path, `This ${text}.`]);
  if (field) messages.push([field, message]);
  return failure(code, message, { retryable, fields: Object.fromEntries(messages) });
}

const isFailure = (error: unknown): error is Failure =>
  typeof error === 'object' && error !== null && 'code' in error && 'title' in error;

/** Whether the user cancelled, which is not shown as a failure. */
export const isAbort = (error: unknown) =>
  error instanceof DOMException && error.name === 'AbortError';

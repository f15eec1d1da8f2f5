import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';

/** What went wrong, as a person is told it. */
export interface Failure {
  /** A permanent code of the API, or what the page itself calls it. */
  code: string;
  title: string;
  /** What happened and what to do. */
  message: string;
  /** Whether the same may work when tried again. */
  retryable: boolean;
  /** Complaints about single fields, by the field's name. */
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
  OFFLINE: 'You are offline',
  UNAUTHENTICATED: 'Not signed in',
  FORBIDDEN: 'Not allowed',
  NOT_FOUND: 'No longer available',
  CONFLICT: 'Already taken',
  BAD_USER_INPUT: 'Please check your entries',
  TOO_MANY_REQUESTS: 'Too many attempts',
  PHOTO_UNREADABLE: 'The photo could not be read',
  PHOTO_TYPE_UNSUPPORTED: 'Unsupported file type',
  PHOTO_TOO_LARGE: 'The file is too large',
  PHOTO_TOO_MANY_PIXELS: 'The photo has too many pixels',
  PHOTO_TOO_SMALL: 'The photo is too small',
  PROCESSING_FAILED: 'The photo could not be processed',
  PROCESSING_UNAVAILABLE: 'Photo processing is unavailable',
  OVERLOADED: 'The service is busy',
  SERVICE_UNAVAILABLE: 'The service is temporarily unavailable',
  UPLOAD_EXPIRED: 'The upload took too long',
};

/** A failure in the words of the page; its title goes by `code`. */
export function failure(code: string, message: string, facts: Partial<Failure> = {}): Failure {
  const title = TITLES[code] ?? 'Something went wrong';
  return { code, title, message, retryable: false, fields: {}, ...facts };
}

/** Makes whatever was thrown into words. */
export function failureOf(error: unknown): Failure {
  const said = saidByApi(error);
  if (said) return fromApi(said);
  if (isFailure(error)) return error;
  return failure('OFFLINE', 'Your changes are not lost. Check your connection and try again.', {
    retryable: true,
  });
}

function saidByApi(error: unknown): PublicError | undefined {
  if (CombinedGraphQLErrors.is(error)) return error.errors[0];
  // What was refused before it became an operation answers as plain JSON.
  if (!ServerError.is(error)) return undefined;
  try {
    return JSON.parse(error.bodyText).errors?.[0];
  } catch {
    return undefined;
  }
}

function fromApi({ message, extensions = {} }: PublicError): Failure {
  const { code = '', retryable = false, field, fields = [] } = extensions;
  const complaints = fields.map(({ path, message: text }) => [path, `This ${text}.`]);
  if (field) complaints.push([field, message]);
  return failure(code, message, { retryable, fields: Object.fromEntries(complaints) });
}

const isFailure = (error: unknown): error is Failure =>
  typeof error === 'object' && error !== null && 'code' in error && 'title' in error;

/** Whether somebody cancelled: nothing to tell. */
export const isAbort = (error: unknown) =>
  error instanceof DOMException && error.name === 'AbortError';

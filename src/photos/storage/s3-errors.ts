/** What an error of the AWS SDK says about the store behind it. */

/** Codes by which stores name an operation that they do not have, some of them with status 400. */
const UNSUPPORTED_CODES = [
  'NotImplemented',
  'MethodNotAllowed',
  'NotSupported',
  'OperationNotSupported',
  'UnsupportedOperation',
];

/** Statuses by which a client is asked to come again, whatever it wants. */
const TRANSIENT = [408, 429];

/**
 * Whether the store has no such operation: 501 (Cloudflare R2), 405 (s3rver), or 400 with a code that says so.
 * A missing right (403), an overloaded store (5xx) or no answer at all is not that.
 */
export function isUnsupported(error: unknown): boolean {
  const status = statusOf(error);
  return (
    status === 501 ||
    status === 405 ||
    (status === 400 && UNSUPPORTED_CODES.includes(codeOf(error)))
  );
}

/** Whether the store refused the request as it is, so that another form of it may succeed. */
export function isRefused(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status === 501 || (status >= 400 && status < 500 && !TRANSIENT.includes(status));
}

/** Whether an object, or a version of it, is not there. Without the bucket nothing is known about its objects. */
export const isAbsent = (error: unknown): boolean =>
  statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket';

/** Errors whose body is no XML, such as the page of a proxy, are of no class of the SDK; all carry the status. */
function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = Object(error);
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

const codeOf = (error: unknown): string => String(Object(error).name);

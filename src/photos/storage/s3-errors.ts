/** Classifies errors of the AWS SDK by the store's response. */

/** Error codes of stores for an operation they do not support, some with status 400. */
const UNSUPPORTED_CODES = [
  'NotImplemented',
  'MethodNotAllowed',
  'NotSupported',
  'OperationNotSupported',
  'UnsupportedOperation',
];

/** Client errors after which the same request may succeed. */
const TRANSIENT_STATUSES = [408, 429];

/**
 * Whether the store does not support the operation: 501 (Cloudflare R2), 405 (s3rver), or 400 with one of the codes. False for
 * missing permission (403), an overloaded store (5xx), and no response.
 */
export function isUnsupported(error: unknown): boolean {
  const status = statusOf(error);
  return (
    status === 501 ||
    status === 405 ||
    (status === 400 && UNSUPPORTED_CODES.includes(codeOf(error)))
  );
}

/** Whether the store rejected this form of the request, so that another form may succeed. */
export function isRefused(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status === 501 || (status >= 400 && status < 500 && !TRANSIENT_STATUSES.includes(status));
}

/** Whether an object, or a version of it, does not exist. False when the bucket does not exist. */
export const isAbsent = (error: unknown): boolean =>
  statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket';

/** Responses without XML, such as a proxy's error page, become none of the SDK's error classes, but all have the status. */
function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = Object(error);
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

const codeOf = (error: unknown): string => String(Object(error).name);

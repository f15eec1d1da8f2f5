import type { ServerResponse } from 'node:http';
import { sendXml } from './xml.ts';

/** S3 error codes in use, and their statuses. */
const STATUS = {
  AccessDenied: 403,
  AccessForbidden: 403,
  AuthorizationQueryParametersError: 400,
  BadRequest: 400,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidPolicyDocument: 400,
  InvalidRequest: 400,
  InvalidToken: 400,
  KeyTooLongError: 400,
  MalformedPOSTRequest: 400,
  MaxPostPreDataLengthExceeded: 400,
  NoSuchBucket: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  SignatureDoesNotMatch: 403,
} as const;

/**
 * An error with S3's own code and message.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export class S3Error extends Error {
  override name = 'S3Error';
  readonly code: keyof typeof STATUS;
  /** Further elements of the response: `<MaxSizeAllowed>…`. */
  readonly details: Record<string, string | number>;

  constructor(code: keyof typeof STATUS, message: string, details: S3Error['details'] = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** S3's internal error; clients retry. */
const INTERNAL = new S3Error(
  'InternalError',
  'We encountered an internal error. Please try again.',
);

/** Sends an error as S3 does, in XML; any other error becomes InternalError. */
export function sendError(response: ServerResponse, error: unknown) {
  const { code, message, details } = error instanceof S3Error ? error : INTERNAL;
  sendXml(response, STATUS[code], { Error: { Code: code, Message: message, ...details } });
}

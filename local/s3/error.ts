import type { ServerResponse } from 'node:http';
import { sendXml } from './xml.ts';

/** Codes the door answers with, and their statuses. */
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
 * A refusal in S3's own words.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export class S3Error extends Error {
  override name = 'S3Error';
  readonly code: keyof typeof STATUS;
  /** Further elements of the answer: `<MaxSizeAllowed>…`. */
  readonly details: Record<string, string | number>;

  constructor(code: keyof typeof STATUS, message: string, details: S3Error['details'] = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** What S3 says of a fault of its own; clients try again. */
const INTERNAL = new S3Error(
  'InternalError',
  'We encountered an internal error. Please try again.',
);

/** Answers as S3 does: its own codes in XML, InternalError for whatever is none of them. */
export function sendError(response: ServerResponse, error: unknown) {
  const { code, message, details } = error instanceof S3Error ? error : INTERNAL;
  sendXml(response, STATUS[code], { Error: { Code: code, Message: message, ...details } });
}

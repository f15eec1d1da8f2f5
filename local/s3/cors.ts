import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from './error.ts';

/** As in the bucket's CORS rule on AWS: presigned POSTs and photos, any origin, any header; the ETag is exposed. */
const METHODS = ['GET', 'HEAD', 'POST'];
/** Response headers exposed to other origins. */
export const EXPOSED = 'ETag';

/**
 * Answers the preflight request of a presigned POST from another origin.
 *
 * @throws S3Error
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 */
export function answerPreflight({ headers }: IncomingMessage, response: ServerResponse) {
  const method = headers['access-control-request-method'];
  if (headers.origin === undefined) {
    throw new S3Error('BadRequest', 'Insufficient information. Origin request header needed.');
  }
  if (method === undefined) {
    throw new S3Error('BadRequest', 'Invalid Access-Control-Request-Method: null');
  }
  if (!METHODS.includes(method)) {
    throw new S3Error(
      'AccessForbidden',
      "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      { Method: method, ResourceType: 'BUCKET' },
    );
  }
  const wanted = headers['access-control-request-headers'];
  response.writeHead(200, {
    'access-control-allow-methods': METHODS.join(', '),
    ...(wanted !== undefined && { 'access-control-allow-headers': wanted }),
    'access-control-expose-headers': EXPOSED,
    'access-control-max-age': '3000',
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  });
  response.end();
}

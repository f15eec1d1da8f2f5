import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { imagePath } from '../../contract/routes.ts';

const ROUTE = `POST ${imagePath('{photoId}')}`;
const PATH = new RegExp(`^${imagePath('([^/]+)')}$`);
const ACCOUNT = '000000000000';

export interface Target {
  path: string;
  query: URLSearchParams;
  photoId: string;
}

/** The parts of a request that the event needs. */
type Request = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'httpVersion'> & {
  socket: { remoteAddress?: string | undefined };
};

/** The route that a request matches, if any. */
export function readTarget({ method, url = '' }: IncomingMessage): Target | undefined {
  const [path = '', search = ''] = url.split('?', 2);
  const [, photoId] = PATH.exec(path) ?? [];
  if (method !== 'POST' || photoId === undefined) return undefined;
  return { path, query: new URLSearchParams(search), photoId };
}

/**
 * Creates the event that an HTTP API sends to the function.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (payload format 2.0)
 */
export function writeEvent(
  request: Request,
  body: Buffer,
  { path, query, photoId, accessKey }: Target & { accessKey: string },
) {
  const isText = isTextType(request.headers['content-type'] ?? '');
  const now = new Date();
  return {
    version: '2.0',
    routeKey: ROUTE,
    rawPath: path,
    rawQueryString: request.url?.split('?', 2)[1] ?? '',
    headers: joinHeaders(request),
    ...(query.size > 0 && { queryStringParameters: joinQuery(query) }),
    pathParameters: { photoId },
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      authorizer: {
        iam: {
          accessKey,
          accountId: ACCOUNT,
          callerId: accessKey,
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: `arn:aws:iam::${ACCOUNT}:user/local`,
          userId: accessKey,
        },
      },
      domainName: request.headers.host ?? '',
      domainPrefix: 'local',
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: ROUTE,
      stage: '$default',
      time: formatTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Media types that an HTTP API passes as text; bodies of all others are base64. */
const isTextType = (type: string) =>
  /^(text\/[^;]+|application\/(json|xml|javascript))\s*(;|$)/i.test(type);

/** Node lowercases names. Repeated headers are joined into one value, as in an HTTP API. */
const joinHeaders = ({ headers }: Request) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

const joinQuery = (query: URLSearchParams) =>
  Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name).join(',')]));

/** `21/Nov/2026:18:03:58 +0000` */
function formatTime(time: Date) {
  const [, day, month, year, clock] = time.toUTCString().split(' ');
  return `${day}/${month}/${year}:${clock} +0000`;
}

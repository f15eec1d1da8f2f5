import { fetchResponse, type HttpResponse } from '../http.ts';
import { CheckFailed } from '../report.ts';

const preflight = (origin: string, headers: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    ...(headers && { 'access-control-request-headers': headers }),
  },
});

/**
 * Checks that a web app of this origin may post to the bucket and read the response.
 *
 * @param posted response to a POST from this origin
 */
export async function checkBucketCors(bucketUrl: string, origin: string, posted: HttpResponse) {
  const { status, headers } = await fetchResponse(bucketUrl, preflight(origin, ''));
  const advice = `Allow POST from ${origin} in the CORS rules of the bucket, or correct --origin.`;
  if (status >= 300 || !allowsOrigin(headers, origin) || !allowsPost(headers)) {
    throw new CheckFailed(`${origin} may not post to the bucket (preflight: ${status})`, advice);
  }
  if (allowsOrigin(posted.headers, origin)) return `${origin} may post to the bucket`;
  throw new CheckFailed(`${origin} may not read the response to a POST`, advice);
}

/** Checks that a web app of this origin may call the API; always true for the origin of the API. */
export async function checkApiCors(url: string, origin: string) {
  if (new URL(url).origin === origin) return 'web app and API have the same origin';
  const { headers } = await fetchResponse(
    `${url}/graphql`,
    preflight(origin, 'authorization,content-type,apollo-require-preflight'),
  );
  if (allowsOrigin(headers, origin) && allowsPost(headers)) return `${origin} may call the API`;
  throw new CheckFailed(
    `${origin} may not call the API`,
    'Serve the web app and /graphql from one origin, as the stack does.',
  );
}

const allowsPost = (headers: Headers) =>
  (headers.get('access-control-allow-methods') ?? '').includes('POST');

const allowsOrigin = (headers: Headers, origin: string) =>
  ['*', origin].includes(headers.get('access-control-allow-origin') ?? '');

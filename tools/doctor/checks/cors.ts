import { type Answer, ask } from '../http.ts';
import { Cross } from '../report.ts';

const preflight = (origin: string, headers: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    ...(headers && { 'access-control-request-headers': headers }),
  },
});

/**
 * Whether a page of this origin may send forms to the bucket, and hear what became of them.
 *
 * @param sent what a form that came from there was answered
 */
export async function checkBucketCors(bucketUrl: string, origin: string, sent: Answer) {
  const { status, headers } = await ask(bucketUrl, preflight(origin, ''));
  const advice = `Allow POST from ${origin} in the CORS rules of the bucket; name another site with --origin.`;
  if (status >= 300 || !names(headers, origin) || !letsPost(headers)) {
    throw new Cross(
      `pages of ${origin} may not send forms (the preflight is answered ${status})`,
      advice,
    );
  }
  if (names(sent.headers, origin)) return `pages of ${origin} may send forms`;
  throw new Cross(`pages of ${origin} may not hear what became of their form`, advice);
}

/** Whether a page of this origin may speak with the API; with its own origin's nobody has to be asked. */
export async function checkApiCors(url: string, origin: string) {
  if (new URL(url).origin === origin) return 'page and API are of one origin';
  const { headers } = await ask(
    `${url}/graphql`,
    preflight(origin, 'authorization,content-type,apollo-require-preflight'),
  );
  if (names(headers, origin) && letsPost(headers)) return `pages of ${origin} may ask the API`;
  throw new Cross(
    `pages of ${origin} may not ask the API`,
    'Serve the page and /graphql under one address, as the stack does.',
  );
}

const letsPost = (headers: Headers) =>
  (headers.get('access-control-allow-methods') ?? '').includes('POST');

const names = (headers: Headers, origin: string) =>
  ['*', origin].includes(headers.get('access-control-allow-origin') ?? '');

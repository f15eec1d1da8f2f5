import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openClient } from '../../../tools/import-django/client.ts';
import { startWebServer } from '../../support/web-server.ts';

const ADMIN = { email: 'admin@example.org', password: 'secret' };
const SESSION = { data: { signIn: { token: 'token', user: { role: 'ADMIN' } } } };
const NO_USER = { data: { user: null } };
const failure = (code: string, details: object) => ({
  errors: [{ message: 'An error.', extensions: { code, ...details } }],
});

/** Fake server that accepts sign-ins, and returns the given responses to other requests. */
async function startServer(...responses: (object | 'page of a load balancer')[]) {
  const requests: string[] = [];
  const site = await startWebServer(async (request, response) => {
    const body = await text(request);
    const isSignIn = body.includes('signIn');
    requests.push(isSignIn ? 'signIn' : 'find');
    const answer = isSignIn ? SESSION : responses.shift();
    if (typeof answer === 'object') return void response.end(JSON.stringify(answer));
    response.writeHead(503, { 'retry-after': '0' }).end('<h1>503</h1>');
  });
  return { site, requests, url: site.url.replace(/\/$/, '') };
}

test('retries when overloaded, also on a response of a load balancer', async () => {
  const busy = failure('OVERLOADED', { retryable: true, retryAfter: 0 });
  const { site, requests, url } = await startServer('page of a load balancer', busy, NO_USER);
  await using _ = site;

  expect(await (await openClient(url, ADMIN)).find('x')).toBeNull();
  expect(requests).toEqual(['signIn', 'find', 'find', 'find']);
});

test('signs in again when the token has expired', async () => {
  const expired = failure('UNAUTHENTICATED', { retryable: false });
  const { site, requests, url } = await startServer(expired, NO_USER);
  await using _ = site;

  expect(await (await openClient(url, ADMIN)).find('x')).toBeNull();
  expect(requests).toEqual(['signIn', 'find', 'signIn', 'find']);
});

test('does not retry after an hour, nor errors that are not retryable', async () => {
  const later = failure('TOO_MANY_REQUESTS', { retryable: true, retryAfter: 3_600 });
  const { site, requests, url } = await startServer(
    later,
    failure('FORBIDDEN', { retryable: false }),
  );
  await using _ = site;
  const client = await openClient(url, ADMIN);

  await expect(client.find('x')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  await expect(client.find('x')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(requests).toHaveLength(3);
});

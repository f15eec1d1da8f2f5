import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openPortrait } from '../../../tools/import-django/client.ts';
import { aSite } from '../../support/site.ts';

const ADMIN = { email: 'admin@example.org', password: 'secret' };
const SESSION = { data: { signIn: { token: 'token', user: { role: 'ADMIN' } } } };
const NOBODY = { data: { user: null } };
const refusal = (code: string, facts: object) => ({
  errors: [{ message: 'No.', extensions: { code, ...facts } }],
});

/** A Portrait that signs in, and answers everything else from a list. */
async function aPortrait(...answers: (object | 'a page of the load balancer')[]) {
  const asked: string[] = [];
  const site = await aSite(async (request, response) => {
    const body = await text(request);
    const isSignIn = body.includes('signIn');
    asked.push(isSignIn ? 'signIn' : 'find');
    const answer = isSignIn ? SESSION : answers.shift();
    if (typeof answer === 'object') return void response.end(JSON.stringify(answer));
    response.writeHead(503, { 'retry-after': '0' }).end('<h1>503</h1>');
  });
  return { site, asked, url: site.url.replace(/\/$/, '') };
}

test('what is busy is asked again when it says so, whoever answers for it', async () => {
  const busy = refusal('OVERLOADED', { retryable: true, retryAfter: 0 });
  const { site, asked, url } = await aPortrait('a page of the load balancer', busy, NOBODY);
  await using _ = site;

  expect(await (await openPortrait(url, ADMIN)).find('x')).toBeNull();
  expect(asked).toEqual(['signIn', 'find', 'find', 'find']);
});

test('signs in anew when the token has run out', async () => {
  const expired = refusal('UNAUTHENTICATED', { retryable: false });
  const { site, asked, url } = await aPortrait(expired, NOBODY);
  await using _ = site;

  expect(await (await openPortrait(url, ADMIN)).find('x')).toBeNull();
  expect(asked).toEqual(['signIn', 'find', 'signIn', 'find']);
});

test('gives up on what asks for an hour, and on what nobody can help', async () => {
  const later = refusal('TOO_MANY_REQUESTS', { retryable: true, retryAfter: 3_600 });
  const { site, asked, url } = await aPortrait(later, refusal('FORBIDDEN', { retryable: false }));
  await using _ = site;
  const portrait = await openPortrait(url, ADMIN);

  await expect(portrait.find('x')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  await expect(portrait.find('x')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(asked).toHaveLength(3);
});

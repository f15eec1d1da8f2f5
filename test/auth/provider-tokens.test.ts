import { createSecretKey } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { outcomeOf } from '../support/authorization-table.ts';
import { graphqlClient } from '../support/client.ts';
import { AUDIENCE, type Issuer, makeKey, now, startIssuer } from '../support/issuer.ts';
import { type Product, startProduct } from '../support/product.ts';

let issuer: Issuer;
let product: Product;
/** Published before the product reads the keys: it reads them again at most twice a minute. */
let es256: Awaited<ReturnType<Issuer['add']>>;
beforeAll(async () => {
  issuer = await startIssuer();
  es256 = await issuer.add('ES256');
  product = await startProduct(issuer.env);
});
afterAll(async () => {
  await product.close();
  await issuer.close();
});

const ANNA = { sub: 'anna', email: 'anna@example.org' };
const users = (token: string) => graphqlClient(product, token).send('{ users { totalCount } }');
const outcome = async (token: string | Promise<string>) => outcomeOf(await users(await token));

describe('a token', () => {
  test('is accepted when signed by the issuer with RS256 or ES256', async () => {
    expect(await outcome(issuer.token(ANNA))).toBe('ok');
    expect(await outcome(issuer.token(ANNA, es256))).toBe('ok');
  });

  test('may have further audiences', async () => {
    expect(await outcome(issuer.token({ ...ANNA, aud: ['others', AUDIENCE] }))).toBe('ok');
  });

  test.each([
    ['has just expired', { exp: now() - 10 }],
    ['is not valid quite yet', { nbf: now() + 20 }],
    ['was issued a moment ahead of our clock', { iat: now() + 20 }],
    ['lives as long as AUTH_MAX_TOKEN_LIFETIME', { iat: now(), exp: now() + 86_400 }],
  ])('is accepted when it %s, because of clock skew', async (_, claims) => {
    expect(await outcome(issuer.token({ ...ANNA, ...claims }))).toBe('ok');
  });

  test.each<[string, object]>([
    ['a subject with U+0000', { sub: 'an\0na' }],
    ['a subject of half a character', { sub: 'anna \ud800' }],
    ['a subject of more than 255 characters', { sub: 'x'.repeat(256) }],
    ['a subject that no index can hold', { sub: crypto.randomUUID().repeat(100) }],
    ['a subject that is a number', { sub: 7 }],
    ['a subject that is a list', { sub: ['anna'] }],
    ['a subject that is null', { sub: null }],
    ['a moment of issue that is text', { iat: '1700000000' }],
    ['a moment of issue before 1970', { iat: -1 }],
    ['a moment of issue beyond all time', { iat: 1e308 }],
    ['a moment of issue in milliseconds', { iat: Date.now() }],
    ['a moment of issue that is null', { iat: null }],
    ['an expiry beyond all time', { exp: 1e308 }],
    ['an expiry that is text', { exp: '9999999999' }],
    ['a beginning that is text', { nbf: 'soon' }],
    ['an address with U+0000 and no other', { sub: 'nul', email: 'an\0na@example.org' }],
  ])('with %s is UNAUTHENTICATED', async (_, claims) => {
    expect(await outcome(issuer.token({ ...ANNA, ...claims }))).toBe('UNAUTHENTICATED');
  });

  test.each<[string, object]>([
    ['U+0000', { preferred_username: 'odd\0one', given_name: 'O\0dd', family_name: '\0' }],
    ['half characters', { preferred_username: '\ud800', given_name: 'O\udfff' }],
    ['no text at all', { preferred_username: {}, given_name: [], family_name: 7 }],
    ['ten thousand characters', { preferred_username: 'x'.repeat(10_000) }],
  ])('with names of %s is accepted', async (kind, names) => {
    const claims = { sub: `names of ${kind}`, email: `${crypto.randomUUID()}@example.org` };
    expect(await outcome(issuer.token({ ...claims, ...names }))).toBe('ok');
  });

  test.each<[string, () => Promise<string> | string]>([
    ['for another audience', () => issuer.token({ ...ANNA, aud: 'others' })],
    ['for nobody', () => issuer.token({ ...ANNA, aud: undefined })],
    ['of another issuer', () => issuer.token({ ...ANNA, iss: 'https://other.example' })],
    ['of an issuer with a slash more', () => issuer.token({ ...ANNA, iss: `${issuer.url}/` })],
    ['that has expired', () => issuer.token({ ...ANNA, exp: now() - 32 })],
    ['that never expires', () => issuer.token({ ...ANNA, exp: undefined })],
    ['that is not valid yet', () => issuer.token({ ...ANNA, nbf: now() + 40 })],
    ['issued in the future', () => issuer.token({ ...ANNA, iat: now() + 40 })],
    [
      'that lives longer than AUTH_MAX_TOKEN_LIFETIME',
      () => issuer.token({ ...ANNA, iat: now(), exp: now() + 86_401 }),
    ],
    ['of no age', () => issuer.token({ ...ANNA, iat: undefined })],
    ['about nobody', () => issuer.token({ ...ANNA, sub: undefined })],
    ['about somebody without a name', () => issuer.token({ ...ANNA, sub: '' })],
    ['signed with a key nobody published', async () => issuer.token(ANNA, await makeKey('RS256'))],
    ['signed with another key of the same name', forgedKey],
    ['signed with the public key as a secret (HS256)', publicKeyAsSecret],
    ['signed by nobody (alg: none)', async () => new UnsecuredJWT(ANNA).encode()],
    ['that is none', () => 'garbage'],
    ['with half a signature', async () => (await issuer.token(ANNA)).slice(0, -100)],
  ])('%s is UNAUTHENTICATED', async (_, make) => {
    const token = await make();

    const answer = await users(token);

    expect(answer.status).toBe(401);
    expect(outcomeOf(answer)).toBe('UNAUTHENTICATED');
  });

  async function forgedKey() {
    const { kid } = JSON.parse(atob((await issuer.token(ANNA)).split('.')[0] ?? ''));
    return issuer.token(ANNA, { ...(await makeKey('RS256')), kid });
  }

  async function publicKeyAsSecret() {
    const claims = { ...ANNA, iss: issuer.url, aud: AUDIENCE, iat: now(), exp: now() + 600 };
    const { kid } = JSON.parse(atob((await issuer.token(ANNA)).split('.')[0] ?? ''));
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid })
      .sign(createSecretKey(Buffer.from(await issuer.publicKey())));
  }
});

describe('the keys', () => {
  test('are fetched once for many tokens', async () => {
    await outcome(issuer.token(ANNA));
    const before = issuer.requests.length;

    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => outcome(issuer.token(ANNA))),
    );

    expect(new Set(outcomes)).toEqual(new Set(['ok']));
    expect(issuer.requests.length).toBe(before);
  });

  test('keep working while the issuer is down', async () => {
    const token = await issuer.token(ANNA);
    await outcome(token);
    await issuer.stop();

    expect(await outcome(token)).toBe('ok');

    await issuer.restart();
  });

  test('can be rotated: the new one works, the old one no longer does', async () => {
    const old = await issuer.token(ANNA);
    await outcome(old);
    await issuer.rotate('ES256');
    // Unknown keys trigger at most two fetches per minute.
    later(31_000);

    expect(await outcome(issuer.token(ANNA))).toBe('ok');
    expect(await outcome(old)).toBe('UNAUTHENTICATED');
  });

  test('that cannot be fetched are an internal error, not an invalid token', async () => {
    await outcome(issuer.token(ANNA));
    await issuer.rotate();
    const token = await issuer.token(ANNA);
    await issuer.stop();
    later(62_000);

    expect(await outcome(token)).toBe('INTERNAL_SERVER_ERROR');
    await issuer.restart();
    expect(await outcome(token)).toBe('ok');
  });

  /** Sets the clock, as the product reads it, so long after the real one. */
  function later(ms: number) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  }
  afterAll(() => {
    vi.useRealTimers();
  });
});

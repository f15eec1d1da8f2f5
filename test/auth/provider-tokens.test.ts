import { createSecretKey } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { clientOf } from '../support/client.ts';
import { AUDIENCE, anIssuer, type Issuer, makeKey, now } from '../support/issuer.ts';
import { type Product, startProduct } from '../support/product.ts';
import { outcomeOf } from '../support/rule-table.ts';

let issuer: Issuer;
let product: Product;
beforeAll(async () => {
  issuer = await anIssuer();
  product = await startProduct(issuer.env);
});
afterAll(async () => {
  await product.close();
  await issuer.close();
});

const ANNA = { sub: 'anna', email: 'anna@example.org' };
const users = (token: string) => clientOf(product, token).send('{ users { totalCount } }');
const outcome = async (token: string | Promise<string>) => outcomeOf(await users(await token));

describe('a token', () => {
  test('is good when the issuer signed it, with RS256 or ES256', async () => {
    const key = await issuer.add('ES256');

    expect(await outcome(issuer.token(ANNA))).toBe('ok');
    expect(await outcome(issuer.token(ANNA, key))).toBe('ok');
  });

  test('may be for others too', async () => {
    expect(await outcome(issuer.token({ ...ANNA, aud: ['others', AUDIENCE] }))).toBe('ok');
  });

  test.each<[string, () => Promise<string> | string]>([
    ['for another audience', () => issuer.token({ ...ANNA, aud: 'others' })],
    ['for nobody', () => issuer.token({ ...ANNA, aud: undefined })],
    ['of another issuer', () => issuer.token({ ...ANNA, iss: 'https://other.example' })],
    ['of an issuer with a slash more', () => issuer.token({ ...ANNA, iss: `${issuer.url}/` })],
    ['that has expired', () => issuer.token({ ...ANNA, exp: now() - 1 })],
    ['that never expires', () => issuer.token({ ...ANNA, exp: undefined })],
    ['that is not valid yet', () => issuer.token({ ...ANNA, nbf: now() + 600 })],
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
    const before = issuer.visits.length;

    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => outcome(issuer.token(ANNA))),
    );

    expect(new Set(outcomes)).toEqual(new Set(['ok']));
    expect(issuer.visits.length).toBe(before);
  });

  test('go on working while the issuer is down', async () => {
    const token = await issuer.token(ANNA);
    await outcome(token);
    await issuer.goDown();

    expect(await outcome(token)).toBe('ok');

    await issuer.comeBack();
  });

  test('may change: the new one works, the old one does not any more', async () => {
    const old = await issuer.token(ANNA);
    await outcome(old);
    await issuer.rotate('ES256');
    // Unknown keys are asked for twice a minute at most, whoever makes them up.
    later(31_000);

    expect(await outcome(issuer.token(ANNA))).toBe('ok');
    expect(await outcome(old)).toBe('UNAUTHENTICATED');
  });

  test('that cannot be asked for are our fault, not that of the token that needs them', async () => {
    await outcome(issuer.token(ANNA));
    await issuer.rotate();
    const token = await issuer.token(ANNA);
    await issuer.goDown();
    later(62_000);

    expect(await outcome(token)).toBe('INTERNAL_SERVER_ERROR');
    await issuer.comeBack();
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

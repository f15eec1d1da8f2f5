import { decodeJwt, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';

/** Secret of a product whose tokens a test forges. */
export const SECRET = 'a secret of the tests, long enough to be one';

const sign = (claims: JWTPayload, secret = SECRET, alg = 'HS256') =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));

/** Invalid tokens, each derived from a valid one by a single change. */
export async function invalidTokens(good: string): Promise<Record<string, string>> {
  const claims = decodeJwt(good);
  const [header, , signature] = good.split('.');
  const { exp: _exp, ...endless } = claims;
  const { tokenVersion: _version, ...unversioned } = claims;
  const other = { ...claims, sub: '01890000-0000-7000-8000-000000000000' };
  return {
    'that has expired': await sign({ ...claims, exp: Math.floor(Date.now() / 1000) - 1 }),
    'that never expires': await sign(endless),
    'signed with another secret': await sign(claims, `${SECRET}!`),
    'of another issuer': await sign({ ...claims, iss: 'https://issuer.example' }),
    'of another algorithm': await sign(claims, SECRET, 'HS512'),
    'signed by nobody (alg: none)': new UnsecuredJWT(claims).encode(),
    'whose claims were changed': [header, encode(other), signature].join('.'),
    'of a user who is not there': await sign(other),
    'whose subject is no id': await sign({ ...claims, sub: 'admin' }),
    'without a token version': await sign(unversioned),
    'whose signature is cut off': `${header}.${encode(claims)}.`,
    'that is none': 'garbage',
  };
}

const encode = (claims: JWTPayload) => Buffer.from(JSON.stringify(claims)).toString('base64url');

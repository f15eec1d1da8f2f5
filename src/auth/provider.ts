import { type SqlEntityManager, UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { PublicError } from '../errors.ts';
import { createAccount } from '../users/account.ts';
import { User } from '../users/user.ts';
import { freeUsername } from '../users/username.ts';
import { ErasedSubject, hashSubject } from './erased-subject.ts';
import { badToken, type Identity, isOutdated } from './identity.ts';

/** Signatures only a provider's private key can make; a shared secret must never pass for one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];
const TIMEOUT_MS = 5_000;

const Claims = z.object({
  sub: z.string().min(1),
  iat: z.number(),
  email: z.email().optional(),
  // Some providers (Amazon Cognito among them) write booleans as text.
  email_verified: z.union([z.boolean(), z.stringbool()]).default(false),
  preferred_username: z.string().optional(),
  given_name: z.string().max(100).default(''),
  family_name: z.string().max(100).default(''),
});
type Claims = z.output<typeof Claims>;

/**
 * Tokens of an outside OpenID provider, checked against its published keys.
 * The first request of a person makes their account, or joins the one with their verified e-mail address.
 */
export function providerIdentity(provider: { issuer: string; audience: string }): Identity {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  async function verify(token: string): Promise<JWTPayload> {
    keys ??= createRemoteJWKSet(await discoverKeys(provider.issuer), {
      timeoutDuration: TIMEOUT_MS,
    });
    const { payload } = await jwtVerify(token, keys, { ...provider, algorithms: ALGORITHMS }).catch(
      (error: unknown) => {
        throw badToken(error);
      },
    );
    return payload;
  }

  return {
    async identify(token, em) {
      const claims = Claims.safeParse(await verify(token));
      if (!claims.success) throw badToken(claims.error);
      const user =
        (await em.findOne(User, { subject: claims.data.sub })) ?? (await admit(claims.data, em));
      if (isOutdated(claims.data.iat, user.tokensValidFrom)) throw badToken();
      return { id: user.id, role: user.role };
    },
  };
}

async function discoverKeys(issuer: string): Promise<URL> {
  const base = issuer.endsWith('/') ? issuer : `${issuer}/`;
  const answer = await fetch(new URL('.well-known/openid-configuration', base), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok)
    throw new Error(`The identity provider answered ${answer.status} for its configuration.`);
  return new URL(z.object({ jwks_uri: z.url() }).parse(await answer.json()).jwks_uri);
}

async function admit(claims: Claims, em: SqlEntityManager): Promise<User> {
  const erased = await em.findOne(ErasedSubject, { hash: hashSubject(claims.sub) });
  if (erased && isOutdated(claims.iat, erased.erasedAt)) throw badToken();
  try {
    return await em.transactional((tx) => joinOrCreate(claims, tx));
  } catch (error) {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
    // Two first requests at once, or the address of somebody else: only the former is there now.
    const user = await em.fork().findOne(User, { subject: claims.sub });
    if (user) return user;
    throw new PublicError(
      'CONFLICT',
      'This e-mail address has an account already. Verify it with your provider.',
      {
        field: 'email',
      },
    );
  }
}

async function joinOrCreate(claims: Claims, tx: SqlEntityManager): Promise<User> {
  const { sub: subject, email } = claims;
  if (!email) throw new PublicError('UNAUTHENTICATED', 'The token must carry an email claim.');

  // An address the provider has not verified proves nothing about whose account it is.
  const known = claims.email_verified
    ? await tx.findOne(User, { email: { $ilike: likeExactly(email) }, subject: null })
    : null;
  if (known) return tx.assign(known, { subject });
  return createAccount(tx, {
    subject,
    email,
    username: await freeUsername(tx, claims.preferred_username ?? email),
    firstName: claims.given_name,
    lastName: claims.family_name,
  });
}

const likeExactly = (text: string) => text.replace(/[\\%_]/g, '\\$&');

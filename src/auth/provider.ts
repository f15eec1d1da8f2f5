import { readHolder } from '../users/read.ts';
import { admit } from './admission.ts';
import { Claims } from './claims.ts';
import { badToken, type Identity, isOutdated } from './identity.ts';
import { type Provider, verifierOf } from './provider-keys.ts';

/** Tokens of an outside OpenID provider, checked against its published keys; a person's first request lets them in. */
export function providerIdentity(provider: Provider): Identity {
  const verify = verifierOf(provider);

  return {
    async identify(token, where) {
      const read = Claims.safeParse(await verify(token));
      if (!read.success) throw badToken(read.error);
      const claims = read.data;
      const holder =
        (await readHolder(where.pool, 'subject', claims.sub)) ?? (await admit(claims, where));
      if (isOutdated(claims.iat, holder.tokensValidFrom)) throw badToken();
      return holder;
    },
  };
}

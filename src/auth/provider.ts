import { admit, holderOf } from './admission.ts';
import { Claims } from './claims.ts';
import { badToken, type Identity, isOutdated } from './identity.ts';
import { type Provider, verifierOf } from './provider-keys.ts';

/** Tokens of an outside OpenID provider, checked against its published keys; a person's first request lets them in. */
export function providerIdentity(provider: Provider): Identity {
  const verify = verifierOf(provider);

  return {
    async identify(token, em) {
      const read = Claims.safeParse(await verify(token));
      if (!read.success) throw badToken(read.error);
      const claims = read.data;
      const { id, role, tokensValidFrom } =
        (await holderOf(claims, em)) ?? (await admit(claims, em));
      if (isOutdated(claims.iat, tokensValidFrom)) throw badToken();
      return { id, role };
    },
  };
}

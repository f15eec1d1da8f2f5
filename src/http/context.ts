import type { FastifyBaseLogger } from 'fastify';
import type { Services } from '../app.ts';
import type { Context, Viewer } from '../context.ts';
import { PublicError } from '../errors.ts';
import { createLoaders } from '../loaders.ts';

interface Caller {
  /** The header, or what stands for it in a WebSocket. */
  authorization: string | undefined;
  log: FastifyBaseLogger;
  address: string;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/** What the resolvers of one operation get. */
export async function openContext(
  services: Services,
  { authorization, log, address, signal }: Caller,
): Promise<Context> {
  let em: Context['em'] | undefined;
  return {
    ...services,
    ...(await identify(services, authorization)),
    // Only who writes needs one.
    get em() {
      em ??= services.database.em.fork();
      return em;
    },
    load: createLoaders(services.pool),
    log,
    address,
    signal,
  };
}

/** Who calls; a token that is worth nothing is remembered, and refused where a viewer is needed. */
export async function identify(
  { identity, pool, database }: Services,
  authorization: string | undefined,
) {
  const token = authorization?.match(/^Bearer +(\S+)$/i)?.[1];
  const nobody: { viewer: Viewer | undefined; refusal: PublicError | undefined } = {
    viewer: undefined,
    refusal: undefined,
  };
  if (!token) return nobody;
  try {
    return { ...nobody, viewer: await identity.identify(token, { pool, database }) };
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    return { ...nobody, refusal: error };
  }
}

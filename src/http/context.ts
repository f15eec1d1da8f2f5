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
  const em = services.database.em.fork();
  const load = createLoaders(em);
  return {
    ...services,
    ...(await identify(services, authorization)),
    em,
    load,
    log,
    address,
    signal,
  };
}

/** Who calls; a token that is worth nothing is remembered, and refused where a viewer is needed. */
export async function identify(
  { identity, database }: Services,
  authorization: string | undefined,
) {
  const token = authorization?.match(/^Bearer +(\S+)$/i)?.[1];
  const nobody: { viewer: Viewer | undefined; refusal: PublicError | undefined } = {
    viewer: undefined,
    refusal: undefined,
  };
  if (!token) return nobody;
  try {
    return { ...nobody, viewer: await identity.identify(token, database.em.fork()) };
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    return { ...nobody, refusal: error };
  }
}

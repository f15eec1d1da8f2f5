import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { Services } from '../app.ts';
import type { Context } from '../context.ts';
import { PublicError } from '../errors.ts';
import { createLoaders } from '../loaders.ts';

/** Who calls, and why their token, if they sent one, is worth nothing. */
type Identified = Pick<Context, 'viewer' | 'refusal'>;

interface Caller {
  who: Identified;
  log: FastifyBaseLogger;
  address: string;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/** What the resolvers of one operation get. */
export function openContext(services: Services, { who, log, address, signal }: Caller): Context {
  let em: Context['em'] | undefined;
  let load: Context['load'] | undefined;
  // Made for those who ask. On the prototype, since Apollo copies a context for each operation: that would be asking.
  const lazy: Pick<Context, 'em' | 'load'> = {
    get em() {
      em ??= services.database.em.fork();
      return em;
    },
    get load() {
      load ??= createLoaders(services.pool);
      return load;
    },
  };
  return Object.assign(Object.create(lazy), { ...services, ...who, log, address, signal });
}

const known = new WeakMap<FastifyRequest, Promise<Identified>>();

/** Who sends a request, found out once: of a large one before its body is read. */
export function identifySender(services: Services, request: FastifyRequest): Promise<Identified> {
  const who = known.get(request) ?? identify(services, request.headers.authorization);
  known.set(request, who);
  return who;
}

/** Who calls; a token that is worth nothing is remembered, and refused where a viewer is needed. */
export async function identify(
  { identity, pool, database }: Services,
  authorization: string | undefined,
): Promise<Identified> {
  const token = authorization?.match(/^Bearer +(\S+)$/i)?.[1];
  const nobody = { viewer: undefined, refusal: undefined };
  if (!token) return nobody;
  try {
    return { ...nobody, viewer: await identity.identify(token, { pool, database }) };
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    return { ...nobody, refusal: error };
  }
}

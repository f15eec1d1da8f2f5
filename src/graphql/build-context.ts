import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { Services } from '../app.ts';
import { network } from '../auth/rate-limit-keys.ts';
import type { Reader } from '../database/statement.ts';
import { PublicError } from '../errors.ts';
import type { Context } from './context.ts';
import { createLoaders } from './dataloaders.ts';

/** Who calls, and why their token, if they sent one, is worth nothing. */
type Identified = Pick<Context, 'viewer' | 'refusal'>;

interface Caller {
  who: Identified;
  log: FastifyBaseLogger;
  address: string;
  /** Gives what is aborted when the client has gone. */
  watch: () => AbortSignal;
}

/**
 * What the resolvers of one operation get: the services, and what is made for those who ask. All of that is on a
 * prototype, one for all operations: Apollo copies what an operation has of its own, and a prototype of its own would
 * take 20 µs to make.
 */
export function createContexts(services: Services): (caller: Caller) => Context {
  interface Asked extends Services, Pick<Context, 'viewer' | 'address'> {
    watch: Caller['watch'];
    /** Shared with the copies. */
    made: Partial<Pick<Context, 'em' | 'load' | 'pool' | 'signal'>>;
  }
  const shared = Object.create(services, {
    em: lazy((asked) => (asked.made.em ??= shareTransactions(asked))),
    pool: lazy((asked) => (asked.made.pool ??= shareOf(asked))),
    load: lazy(({ made, pool }) => (made.load ??= createLoaders(pool))),
    signal: lazy(({ made, watch }) => (made.signal ??= watch())),
  });
  const { pool, shares } = services;
  return ({ who, ...caller }) => Object.assign(Object.create(shared), who, caller, { made: {} });

  function shareOf(asked: Asked): Reader {
    const caller = callerOf(asked);
    return { query: (statement) => shares.run(caller, () => pool.query(statement)) };
  }

  function shareTransactions(asked: Asked): SqlEntityManager {
    const em: SqlEntityManager = asked.database.em.fork();
    const caller = callerOf(asked);
    const transactional: typeof em.transactional = em.transactional.bind(em);
    em.transactional = (work, options) => shares.run(caller, () => transactional(work, options));
    return em;
  }

  function lazy(make: (context: Asked) => unknown) {
    return {
      get(this: Asked) {
        return make(this);
      },
    };
  }
}

/** Whose share of the connections is used: a token's user's, or that of all without one in a network. */
const callerOf = ({ viewer, address }: Pick<Context, 'viewer' | 'address'>) =>
  viewer?.id ?? network(address);

const known = new WeakMap<FastifyRequest, Promise<Identified>>();

/** Who sends a request; found out once, also of a large one whose sender was identified early. */
export const identifySender = (services: Services, request: FastifyRequest) =>
  known.get(request) ?? identify(services, request.headers.authorization);

/** Who sends a large request, before its body is read. */
export function identifyEarly(services: Services, request: FastifyRequest): Promise<Identified> {
  const who = identifySender(services, request);
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
  if (!token) return BARE_TOKEN.test(authorization ?? '') ? { ...nobody, refusal: bare() } : nobody;
  try {
    return { ...nobody, viewer: await identity.identify(token, { pool, database }) };
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    return { ...nobody, refusal: error };
  }
}

/** Clients forget the scheme. Other schemes are left alone: they may be a proxy's. */
const BARE_TOKEN = /^\s*[\w-]+\.[\w-]+\.[\w-]+\s*$/;

const bare = () =>
  new PublicError(
    'UNAUTHENTICATED',
    'The token was sent without its scheme. Send it as "Authorization: Bearer …".',
  );

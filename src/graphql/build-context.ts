import type { Pool } from 'pg';
import { network } from '../auth/rate-limit-keys.ts';
import type { ConnectionShares } from '../database/connection-shares.ts';
import type { Database } from '../database/database.ts';
import type { Reader } from '../database/statement.ts';
import type { Context, ResolverParts } from './context.ts';
import { createLoaders } from './dataloaders.ts';

/** Parts that the context of an operation is built from. */
export interface ContextParts extends ResolverParts {
  database: Database;
  pool: Pool;
  shares: ConnectionShares;
}

interface Caller extends Pick<Context, 'viewer' | 'refusal' | 'log' | 'address'> {
  /** Creates the signal that is aborted when the client disconnects. */
  createSignal: () => AbortSignal;
}

/** Builds the context of one operation. */
export const buildContext = (parts: ContextParts, caller: Caller): Context =>
  new OperationContext(parts, caller);

/**
 * Creates members that not every operation uses on first access (ADR 0050). `cache` holds them, since Apollo copies the
 * context's own fields, and the copies must share them.
 */
class OperationContext implements Context {
  readonly config;
  readonly authenticator;
  readonly rates;
  readonly bucket;
  readonly imageApi;
  readonly presignedPosts;
  readonly photoEvents;
  readonly log;
  readonly address;
  readonly viewer;
  readonly refusal;
  private readonly parts;
  private readonly createSignal;
  private readonly cache: Partial<Pick<Context, 'em' | 'pool' | 'load' | 'signal'>> = {};

  constructor(parts: ContextParts, { log, address, viewer, refusal, createSignal }: Caller) {
    this.config = parts.config;
    this.authenticator = parts.authenticator;
    this.rates = parts.rates;
    this.bucket = parts.bucket;
    this.imageApi = parts.imageApi;
    this.presignedPosts = parts.presignedPosts;
    this.photoEvents = parts.photoEvents;
    this.log = log;
    this.address = address;
    this.viewer = viewer;
    this.refusal = refusal;
    this.parts = parts;
    this.createSignal = createSignal;
  }

  get em() {
    this.cache.em ??= forkWithinShare(this.parts, ownerOf(this));
    return this.cache.em;
  }

  get pool() {
    this.cache.pool ??= readWithinShare(this.parts, ownerOf(this));
    return this.cache.pool;
  }

  get load() {
    this.cache.load ??= createLoaders(this.pool);
    return this.cache.load;
  }

  get signal() {
    this.cache.signal ??= this.createSignal();
    return this.cache.signal;
  }
}

/** Reads on the owner's share of the connections. */
const readWithinShare = ({ pool, shares }: ContextParts, owner: string): Reader => ({
  query: (statement) => shares.run(owner, () => pool.query(statement)),
});

/** An entity manager whose transactions use the owner's share of the connections. */
function forkWithinShare({ database, shares }: ContextParts, owner: string): Context['em'] {
  const em = database.em.fork();
  const transactional: typeof em.transactional = em.transactional.bind(em);
  em.transactional = (work, options) => shares.run(owner, () => transactional(work, options));
  return em;
}

/** The owner of an operation's share of the connections: the viewer, or all anonymous callers of a network together. */
const ownerOf = ({ viewer, address }: Pick<Caller, 'viewer' | 'address'>) =>
  viewer?.id ?? network(address);

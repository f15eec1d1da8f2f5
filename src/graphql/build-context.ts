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
  watch: () => AbortSignal;
}

/** Builds the context of one operation. */
export const buildContext = (parts: ContextParts, caller: Caller): Context =>
  new OperationContext(parts, caller);

/**
 * What few operations need is made when it is first used: an entity manager takes 20 µs, a signal listens to the response.
 * `made` is an object since Apollo copies the context's own fields, and copies must share it.
 */
class OperationContext implements Context {
  readonly config;
  readonly authenticator;
  readonly rates;
  readonly bucket;
  readonly imageApi;
  readonly presignedPosts;
  readonly changes;
  readonly log;
  readonly address;
  readonly viewer;
  readonly refusal;
  readonly pool: Reader;
  readonly load;
  private readonly parts;
  private readonly caller;
  private readonly made: Partial<Pick<Context, 'em' | 'signal'>> = {};

  constructor(parts: ContextParts, caller: Caller) {
    this.parts = parts;
    this.caller = caller;
    this.config = parts.config;
    this.authenticator = parts.authenticator;
    this.rates = parts.rates;
    this.bucket = parts.bucket;
    this.imageApi = parts.imageApi;
    this.presignedPosts = parts.presignedPosts;
    this.changes = parts.changes;
    this.log = caller.log;
    this.address = caller.address;
    this.viewer = caller.viewer;
    this.refusal = caller.refusal;
    const { pool, shares } = parts;
    const owner = ownerOf(caller);
    this.pool = { query: (statement) => shares.run(owner, () => pool.query(statement)) };
    this.load = createLoaders(this.pool);
  }

  get em() {
    this.made.em ??= forkWithinShare(this.parts, ownerOf(this.caller));
    return this.made.em;
  }

  get signal() {
    this.made.signal ??= this.caller.watch();
    return this.made.signal;
  }
}

/** An entity manager whose transactions use the owner's share of the connections. */
function forkWithinShare({ database, shares }: ContextParts, owner: string): Context['em'] {
  const em = database.em.fork();
  const transactional: typeof em.transactional = em.transactional.bind(em);
  em.transactional = (work, options) => shares.run(owner, () => transactional(work, options));
  return em;
}

/** Whose share of the connections an operation uses: the viewer's, or the one of all anonymous callers of a network. */
const ownerOf = ({ viewer, address }: Pick<Caller, 'viewer' | 'address'>) =>
  viewer?.id ?? network(address);

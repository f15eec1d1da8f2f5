import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Services } from '../app.ts';
import type { Reader } from '../database/statement.ts';
import type { PublicError } from '../errors.ts';
import type { User } from '../users/user.ts';
import type { Loaders } from './dataloaders.ts';

/** Who is asking: read from the database on every request, so that a lost role is lost at once. */
export interface Viewer extends Pick<User, 'id' | 'role'> {
  /** Who they are at the outside identity provider, whatever account they have; absent with passwords. */
  subject?: { iss: string; sub: string };
}

/** What every resolver gets. */
export interface Context extends Omit<Services, 'pool'> {
  /** The caller's share of the connections, for statements that only read. */
  pool: Reader;
  /**
   * One per request; writes run in `em.transactional`, which leaves nothing behind when it fails. A transaction holds a
   * connection of the caller's share: within it, nothing is read by `pool` or `load`.
   */
  em: SqlEntityManager;
  load: Loaders;
  /** The client's IP address, by TRUST_PROXY (http/address.ts). */
  address: string;
  viewer: Viewer | undefined;
  /** Why the token sent with the request is worth nothing; shown where a viewer is needed. */
  refusal: PublicError | undefined;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/** Whether the viewer may see and change what belongs to this user. */
export const isOwnerOrAdmin = (viewer: Viewer | undefined, userId: string) =>
  viewer !== undefined && (viewer.id === userId || viewer.role === 'ADMIN');

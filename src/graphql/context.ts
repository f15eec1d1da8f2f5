import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger } from 'fastify';
import type { Authenticator } from '../auth/authenticator.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { AppConfig } from '../config.ts';
import type { Reader } from '../database/statement.ts';
import type { PublicError } from '../errors.ts';
import type { PhotoEvents } from '../photos/events/notify.ts';
import type { ImageApi } from '../photos/image-api/client.ts';
import type { Bucket } from '../photos/storage/bucket.ts';
import type { PresignedPosts } from '../photos/upload/presigned-post.ts';
import type { Loaders } from './dataloaders.ts';

/** Parts of the product that resolvers use. */
export interface ResolverParts {
  config: AppConfig;
  authenticator: Authenticator;
  rates: RateLimits;
  bucket: Bucket;
  imageApi: ImageApi;
  presignedPosts: PresignedPosts;
  photoEvents: PhotoEvents;
}

/** The GraphQL context: the parts that resolvers use, and the state of one operation. */
export interface Context extends ResolverParts {
  /** The caller's share of the connections, for reading statements. */
  pool: Reader;
  /**
   * One per operation. Writes run in `em.transactional`, which leaves nothing behind when it fails. A transaction holds a
   * connection of the caller's share: inside one, nothing may be read through `pool` or `load`.
   */
  em: SqlEntityManager;
  load: Loaders;
  log: FastifyBaseLogger;
  /** The client's IP address (http/client-address.ts). */
  address: string;
  viewer: Viewer | undefined;
  /** Why the token of the request was rejected; thrown where a viewer is required. */
  refusal: PublicError | undefined;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

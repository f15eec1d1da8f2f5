import { UUID } from '../../contract/keys.ts';
import { columns, type Reader, readRows } from '../database/statement.ts';
import type { Photo, PhotoStatus } from './photo.ts';

const FIELDS = [
  'id',
  'profileId',
  'status',
  'failureCode',
  'failureMessage',
  'alt',
  'width',
  'height',
  'stored',
  'thumbHash',
  'dominantColor',
  'crop',
  'createdAt',
  'readyAt',
] as const;

/** The columns that GraphQL fields of a photo are resolved from. */
export type PhotoRow = Pick<Photo, (typeof FIELDS)[number]>;
const COLUMNS = columns('photos', FIELDS);

/** Reads photos by ID, in no order; missing ones are left out. */
export const readPhotos = (pool: Reader, ids: string[]) =>
  readRows<PhotoRow>(pool, {
    text: `select ${COLUMNS} from photos where id = any($1)`,
    values: [ids],
  });

/** Reads the current photos of profiles. In one statement, because a photo may be replaced and deleted between two. */
export const readCurrentPhotos = (pool: Reader, profileIds: string[]) =>
  readRows<PhotoRow>(pool, {
    text: `select ${COLUMNS} from photos join profiles on profiles.photo_id = photos.id
      where profiles.id = any($1)`,
    values: [profileIds],
  });

/** Reads the newest upload of each profile, in any state. */
export const readLatestUploads = (pool: Reader, profileIds: string[]) =>
  readRows<PhotoRow>(pool, {
    text: `select distinct on (profile_id) ${COLUMNS} from photos where profile_id = any($1)
      order by profile_id, id desc`,
    values: [profileIds],
  });

/** A photo and the facts that decide who may see it. */
export type OwnedPhoto = PhotoRow & { ownerId: string; isCurrent: boolean };

/** Undefined also for an invalid UUID, which PostgreSQL would reject. */
export async function readOwnedPhoto(pool: Reader, id: string): Promise<OwnedPhoto | undefined> {
  if (!UUID.test(id)) return undefined;
  const [photo] = await readRows<OwnedPhoto>(pool, {
    text: `select ${COLUMNS}, profiles.user_id as "ownerId",
        profiles.photo_id is not distinct from photos.id as "isCurrent"
      from photos join profiles on profiles.id = photos.profile_id where photos.id = $1`,
    values: [id],
  });
  return photo;
}

/** Reads the IDs of direct uploads of a profile in AWAITING_UPLOAD. */
export async function readAwaitedUploads(pool: Reader, profileId: string): Promise<string[]> {
  const rows = await readRows<Pick<Photo, 'id'>>(pool, {
    text: `select id from photos
      where profile_id = $1 and status = 'AWAITING_UPLOAD' and expires_at is not null`,
    values: [profileId],
  });
  return rows.map(({ id }) => id);
}

const STALLED_FIELDS = ['id', 'status', 'cropRequest', 'expiresAt'] as const;

export type StalledUpload = Pick<Photo, (typeof STALLED_FIELDS)[number]>;

/**
 * Reads unfinished uploads, oldest first.
 *
 * @param limits.awaitedBefore the presigned POST expired before
 * @param limits.processingBefore the presigned POST expired, or the synchronous upload started, before
 */
export const readStalledUploads = (
  pool: Reader,
  limits: { awaitedBefore: Date; processingBefore: Date; count: number },
) =>
  readRows<StalledUpload>(pool, {
    text: `select ${columns('photos', STALLED_FIELDS)} from photos
      where (status = 'AWAITING_UPLOAD' and expires_at < $1)
        or (status = 'PROCESSING' and coalesce(expires_at, created_at) < $2)
      order by created_at limit $3`,
    values: [limits.awaitedBefore, limits.processingBefore, limits.count],
  });

/** Reads the states of photos by ID; missing photos are left out. */
export async function readStatuses(pool: Reader, ids: string[]): Promise<Map<string, PhotoStatus>> {
  const rows = await readRows<Pick<Photo, 'id' | 'status'>>(pool, {
    text: 'select id, status from photos where id = any($1)',
    values: [ids],
  });
  return new Map(rows.map(({ id, status }) => [id, status]));
}

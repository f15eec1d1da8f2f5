import { UUID } from '../../contract/keys.ts';
import { columns, type Reader, readRows } from '../database/statement.ts';
import type { Photo } from './photo.ts';

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

/** What may be shown of a photo, and what is needed to show it. */
export type PhotoRow = Pick<Photo, (typeof FIELDS)[number]>;
const COLUMNS = columns('photos', FIELDS);

/** In no order; those that are not there are left out. */
export const readPhotos = (pool: Reader, ids: string[]) =>
  readRows<PhotoRow>(pool, {
    text: `select ${COLUMNS} from photos where id = any($1)`,
    values: [ids],
  });

/** In one statement: a profile read before may name a photo that was replaced, and is gone, since. */
export const readCurrentPhotos = (pool: Reader, profileIds: string[]) =>
  readRows<PhotoRow>(pool, {
    text: `select ${COLUMNS} from photos join profiles on profiles.photo_id = photos.id
      where profiles.id = any($1)`,
    values: [profileIds],
  });

/** The newest of each profile, whatever its state. */
export const readLatestUploads = (pool: Reader, profileIds: string[]) =>
  readRows<PhotoRow>(pool, {
    text: `select distinct on (profile_id) ${COLUMNS} from photos where profile_id = any($1)
      order by profile_id, id desc`,
    values: [profileIds],
  });

/** A photo together with what says who may see it. */
export type OwnedPhoto = PhotoRow & { ownerId: string; isCurrent: boolean };

/** Undefined, too, for what is no UUID, which PostgreSQL would refuse. */
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

import DataLoader from 'dataloader';
import { UUID } from '../../contract/keys.ts';
import type { Reader } from '../database/statement.ts';
import {
  type PhotoRow,
  readCurrentPhotos,
  readLatestUploads,
  readPhotos,
} from '../photos/repository.ts';
import { type ProfileRow, readProfiles } from '../profiles/repository.ts';
import { readUsers, type UserRow } from '../users/repository.ts';

/**
 * Loads rows by id, batched per level of the graph: the profiles of a page of users are one statement.
 * Does not cache: after a mutation the same request must read the current rows.
 */
export const createLoaders = (pool: Reader) => ({
  user: by<'id', UserRow>('id', (ids) => readUsers(pool, ids)),
  profile: by<'id', ProfileRow>('id', (ids) => readProfiles(pool, 'id', ids)),
  profileOfUser: by<'userId', ProfileRow>('userId', (ids) => readProfiles(pool, 'user_id', ids)),
  photo: by<'id', PhotoRow>('id', (ids) => readPhotos(pool, ids)),
  photoOfProfile: by<'profileId', PhotoRow>('profileId', (ids) => readCurrentPhotos(pool, ids)),
  latestUploadOfProfile: by<'profileId', PhotoRow>('profileId', (ids) =>
    readLatestUploads(pool, ids),
  ),
});

export type Loaders = ReturnType<typeof createLoaders>;

function by<Key extends string, Row extends Record<Key, string>>(
  key: Key,
  read: (ids: string[]) => Promise<Row[]>,
) {
  return new DataLoader<string, Row | undefined>(
    async (ids) => {
      // An id that is not a UUID does not exist; PostgreSQL would report an error.
      const known = ids.filter((id) => UUID.test(id));
      const rows = known.length > 0 ? await read(known) : [];
      const found = new Map(rows.map((row) => [row[key] as string, row]));
      return ids.map((id) => found.get(id));
    },
    { cache: false },
  );
}

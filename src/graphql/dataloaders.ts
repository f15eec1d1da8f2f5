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
 * Rows by id, gathered per level of the graph: however many users a page shows, their profiles are one statement.
 * Nothing is remembered (`cache: false`): after a mutation the same request reads what is there now.
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
      // An id that is no UUID is an unknown id; PostgreSQL would call it an error.
      const known = ids.filter((id) => UUID.test(id));
      const rows = known.length > 0 ? await read(known) : [];
      const found = new Map(rows.map((row) => [row[key] as string, row]));
      return ids.map((id) => found.get(id));
    },
    { cache: false },
  );
}

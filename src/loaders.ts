import type { SqlEntityManager } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { UUID } from '../lambda/contract.ts';
import { read } from './database/tables.ts';
import type { Photo } from './photos/photo.ts';
import type { Profile } from './profiles/profile.ts';
import type { User } from './users/user.ts';

/**
 * Rows by id, gathered per level of the graph: however many users a page shows, their profiles are one statement.
 * Nothing is remembered (`cache: false`): after a mutation the same request reads what is there now.
 */
export function createLoaders(em: SqlEntityManager) {
  const db = read(em);
  return {
    user: by('id', (ids) =>
      db.selectFrom('User').selectAll().where('id', 'in', ids).execute(),
    ) as Loader<User>,
    profile: by('id', (ids) =>
      db.selectFrom('Profile').selectAll().where('id', 'in', ids).execute(),
    ) as Loader<Profile>,
    profileOfUser: by('userId', (ids) =>
      db.selectFrom('Profile').selectAll().where('userId', 'in', ids).execute(),
    ) as Loader<Profile>,
    photo: by('id', (ids) =>
      db.selectFrom('Photo').selectAll().where('id', 'in', ids).execute(),
    ) as Loader<Photo>,
    /** In one statement: a row read before may name a photo that was replaced, and is gone, since. */
    photoOfProfile: by('profileId', (ids) =>
      db
        .selectFrom('Photo')
        .innerJoin('Profile', 'Profile.photoId', 'Photo.id')
        .selectAll('Photo')
        .where('Profile.id', 'in', ids)
        .execute(),
    ) as Loader<Photo>,
    latestUploadOfProfile: by('profileId', (ids) =>
      db
        .selectFrom('Photo')
        .selectAll()
        .distinctOn('profileId')
        .where('profileId', 'in', ids)
        .orderBy('profileId')
        .orderBy('id', 'desc')
        .execute(),
    ) as Loader<Photo>,
  };
}

type Loader<Row> = DataLoader<string, Row | undefined>;
export type Loaders = ReturnType<typeof createLoaders>;

function by<Key extends string, Row extends Record<Key, string>>(
  key: Key,
  readRows: (ids: string[]) => Promise<Row[]>,
): Loader<Row> {
  return new DataLoader<string, Row | undefined>(
    async (ids) => {
      // An id that is no UUID is an unknown id; PostgreSQL would call it an error.
      const known = ids.filter((id) => UUID.test(id));
      const rows = known.length > 0 ? await readRows(known) : [];
      const found = new Map(rows.map((row) => [row[key] as string, row]));
      return ids.map((id) => found.get(id));
    },
    { cache: false },
  );
}

import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Photo } from '../photos/photo.ts';
import type { Profile } from '../profiles/profile.ts';
import type { User } from '../users/user.ts';

/** Rows have the fields of their entities, which hold foreign keys as plain ids (`mapToPk`), never other entities. */
interface Tables {
  User: User;
  Profile: Profile;
  Photo: Photo;
}

/**
 * Typed queries for reading, inside the transaction of `em` if there is one.
 * They return plain rows: hydrating managed entities takes ten times as long as the query, and reading does not need them.
 */
export const read = (em: SqlEntityManager) =>
  em.getKysely<Tables>({
    tableNamingStrategy: 'entity',
    columnNamingStrategy: 'property',
    convertValues: true,
  });

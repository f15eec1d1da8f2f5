import { columns, type Reader, readRows } from '../database/statement.ts';
import type { Profile } from './profile.ts';

/** Fields of a profile row, read here and together with its user. */
export const PROFILE_FIELDS = ['id', 'userId', 'displayName', 'bio', 'photoId'] as const;
export type ProfileRow = Pick<Profile, (typeof PROFILE_FIELDS)[number]>;
const COLUMNS = columns('profiles', PROFILE_FIELDS);

/** Reads profiles by their own ids, or by those of their users. */
export const readProfiles = (pool: Reader, by: 'id' | 'user_id', ids: string[]) =>
  readRows<ProfileRow>(pool, {
    text: `select ${COLUMNS} from profiles where ${by} = any($1)`,
    values: [ids],
  });

import { columns, type Reader, readRows } from '../database/statement.ts';
import type { Profile } from './profile.ts';

/** What is read of a profile, here and along with its user. */
export const PROFILE_FIELDS = ['id', 'userId', 'displayName', 'bio', 'photoId'] as const;
export type ProfileRow = Pick<Profile, (typeof PROFILE_FIELDS)[number]>;
const COLUMNS = columns('profiles', PROFILE_FIELDS);

/** @param by a profile's own id, or its user's */
export const readProfiles = (pool: Reader, by: 'id' | 'user_id', ids: string[]) =>
  readRows<ProfileRow>(pool, {
    text: `select ${COLUMNS} from profiles where ${by} = any($1)`,
    values: [ids],
  });

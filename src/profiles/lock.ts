import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import { PublicError } from '../errors.ts';
import { Profile } from './profile.ts';

/** The profile, held until the transaction ends: photos of one profile change one after another. */
export async function lockProfile(tx: SqlEntityManager, id: string): Promise<Profile> {
  const profile = await tx.findOne(Profile, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!profile) throw new PublicError('NOT_FOUND', 'There is no such profile (any more).');
  return profile;
}

import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import { PublicError } from '../errors.ts';
import { Profile } from './profile.ts';

/** Reads a profile and locks it until the transaction ends: photos of one profile change one at a time. */
export async function lockProfile(tx: SqlEntityManager, id: string): Promise<Profile> {
  const profile = await tx.findOne(Profile, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!profile) throw new PublicError('NOT_FOUND', 'This profile does not exist.');
  return profile;
}

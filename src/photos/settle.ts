import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { PublicError } from '../errors.ts';
import { Profile } from '../profiles/profile.ts';
import { eraseObjects, erasePhotos, eraseWhenSettled } from './erase.ts';
import type { ProcessedPhoto } from './image-api.ts';
import { Photo, type PhotoStatus } from './photo.ts';

/** States that nothing leads out of. */
export const FINAL: PhotoStatus[] = ['READY', 'FAILED', 'EXPIRED'];

const locked = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;

/**
 * Makes a processed photo the current one of its profile. All its objects are there already, so no link is ever dead;
 * what it replaces is erased by a job of the same transaction. A later upload that was faster stays.
 *
 * @returns false when the photo or its profile was deleted meanwhile; its objects are erased then
 */
export async function makeReady(
  em: SqlEntityManager,
  { id, profileId }: Photo,
  processed: ProcessedPhoto,
) {
  return em.transactional(async (tx) => {
    const profile = await tx.findOne(Profile, { id: profileId }, locked);
    const photo = await tx.findOne(Photo, { id, status: 'PROCESSING' }, locked);
    if (!profile || !photo) {
      await eraseObjects(tx, [id]);
      return false;
    }
    const { variants, placeholder, ...facts } = processed;
    tx.assign(photo, { ...facts, stored: variants, thumbHash: placeholder });
    tx.assign(photo, { status: 'READY', readyAt: new Date() });
    // Ids are in order of time.
    if (!profile.photoId || profile.photoId < id) profile.photoId = id;
    await tx.flush();
    await erasePhotos(tx, { profileId, id: { $lt: profile.photoId }, status: FINAL });
    return true;
  });
}

/**
 * Writes down why an upload came to nothing; whatever was stored of it is erased when nobody writes any more.
 *
 * @returns what the row says then: FAILED; READY when only the news of it was lost on the way; nothing when it was deleted
 */
export async function makeFailed(
  em: SqlEntityManager,
  { id }: Pick<Photo, 'id'>,
  { code, message }: PublicError,
): Promise<PhotoStatus | undefined> {
  return em.transactional(async (tx) => {
    const failure = { status: 'FAILED', failureCode: code, failureMessage: message } as const;
    await tx.nativeUpdate(Photo, { id, status: 'PROCESSING' }, failure);
    const photo = await tx.findOne(Photo, { id }, { refresh: true });
    if (photo?.status !== 'READY') await eraseWhenSettled(tx, [id]);
    return photo?.status;
  });
}

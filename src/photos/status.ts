import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { ErrorCode } from '../errors.ts';
import { Profile } from '../profiles/profile.ts';
import { notifyPhotoEvent } from './events/notify.ts';
import type { ProcessedPhoto } from './image-api/schema.ts';
import { eraseAfterLastWrite, eraseObjects, erasePhotos } from './jobs/erase.ts';
import { FINAL, Photo } from './photo.ts';

const forUpdate = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;

/** State after the call: READY (by this or an earlier call), FAILED or EXPIRED, or deleted. */
export type UploadOutcome = 'ready' | 'ended' | 'gone';

/**
 * Makes a processed photo the current one of its profile. All of its objects already exist, so no URL is ever dead; a job of the
 * same transaction erases the photo that it replaces. A later upload that finished earlier stays current. Idempotent. Erases the
 * objects of a photo that was deleted or has ended otherwise.
 */
export async function markReady(
  em: SqlEntityManager,
  id: string,
  processed: ProcessedPhoto,
): Promise<UploadOutcome> {
  return em.transactional(async (tx) => {
    const { profile, photo } = await lockPhoto(tx, id);
    if (photo?.status === 'READY') return 'ready';
    if (!profile || !photo || FINAL.includes(photo.status)) {
      await eraseObjects(tx, [id]);
      return photo ? 'ended' : 'gone';
    }
    const { variants, placeholder, ...facts } = processed;
    tx.assign(photo, { ...facts, stored: variants, thumbHash: placeholder });
    tx.assign(photo, { status: 'READY', readyAt: new Date() });
    // IDs are ordered by time.
    if (!profile.photoId || profile.photoId < id) profile.photoId = id;
    await tx.flush();
    await notifyPhotoEvent(tx, id);
    await erasePhotos(tx, { profileId: profile.id, id: { $lt: profile.photoId }, status: FINAL });
    return 'ready';
  });
}

/** Reason for FAILED, shown to the owner. */
export interface Failure {
  code: ErrorCode;
  message: string;
}

/**
 * Marks an unfinished upload as FAILED and stores the reason.
 *
 * @returns `ready` if the photo is READY: only the response that reported it was lost
 */
export const markFailed = (em: SqlEntityManager, id: string, { code, message }: Failure) =>
  endUpload(em, id, { status: 'FAILED', failureCode: code, failureMessage: message });

/** Marks a direct upload that did not arrive in time as EXPIRED. */
export const markExpired = (em: SqlEntityManager, id: string) =>
  endUpload(em, id, { status: 'EXPIRED' });

/**
 * Moves an unfinished upload to a final state; a finished or deleted one stays unchanged. Unless it is READY, its objects are
 * erased once the image function has stopped writing.
 */
async function endUpload(
  em: SqlEntityManager,
  id: string,
  end: Partial<Photo>,
): Promise<UploadOutcome> {
  return em.transactional(async (tx) => {
    const updated = await tx.nativeUpdate(Photo, { id, status: { $nin: FINAL } }, end);
    if (updated > 0) await notifyPhotoEvent(tx, id);
    const photo = await tx.findOne(Photo, { id }, { refresh: true });
    if (photo?.status === 'READY') return 'ready';
    await eraseAfterLastWrite(tx, [id]);
    return photo ? 'ended' : 'gone';
  });
}

/** Locks the profile first, as everywhere, so that two uploads to one profile cannot deadlock. */
async function lockPhoto(tx: SqlEntityManager, id: string) {
  const found = await tx.findOne(Photo, { id });
  const profile = found && (await tx.findOne(Profile, { id: found.profileId }, forUpdate));
  const photo = profile && (await tx.findOne(Photo, { id }, { ...forUpdate, refresh: true }));
  return { profile, photo };
}

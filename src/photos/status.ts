import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { ErrorCode } from '../errors.ts';
import { Profile } from '../profiles/profile.ts';
import { notifyPhotoEvent } from './events/notify.ts';
import type { ProcessedPhoto } from './image-api/schema.ts';
import { eraseObjects, erasePhotos, eraseWhenSettled } from './jobs/erase.ts';
import { FINAL, Photo } from './photo.ts';

const locked = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;

/** How it stands: READY (by this or an earlier call), ended otherwise, or deleted. */
export type Settled = 'ready' | 'ended' | 'gone';

/**
 * Makes a processed photo the current one of its profile. All its objects are there already, so no link is ever dead;
 * what it replaces is erased by a job of the same transaction. A later upload that was faster stays.
 * To say it twice changes nothing; objects of a photo that is not wanted any more are erased.
 */
export async function markReady(
  em: SqlEntityManager,
  id: string,
  processed: ProcessedPhoto,
): Promise<Settled> {
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
    // Ids are in order of time.
    if (!profile.photoId || profile.photoId < id) profile.photoId = id;
    await tx.flush();
    await notifyPhotoEvent(tx, id);
    await erasePhotos(tx, { profileId: profile.id, id: { $lt: profile.photoId }, status: FINAL });
    return 'ready';
  });
}

/** Why a photo FAILED, as its owner is told. */
export interface Failure {
  code: ErrorCode;
  message: string;
}

/**
 * Writes down why an upload came to nothing.
 *
 * @returns `ready` when it did not come to nothing: the photo is READY, only the news of it was lost on the way
 */
export const markFailed = (em: SqlEntityManager, id: string, { code, message }: Failure) =>
  endUpload(em, id, { status: 'FAILED', failureCode: code, failureMessage: message });

/** Ends a direct upload that nobody made in time. */
export const markExpired = (em: SqlEntityManager, id: string) =>
  endUpload(em, id, { status: 'EXPIRED' });

/**
 * Moves an upload that is under way to its end; one that has ended, or is gone, stays so.
 * Unless it is READY, whatever was stored of it is erased when nobody writes any more.
 */
async function endUpload(em: SqlEntityManager, id: string, end: Partial<Photo>): Promise<Settled> {
  return em.transactional(async (tx) => {
    const isMoved = await tx.nativeUpdate(Photo, { id, status: { $nin: FINAL } }, end);
    if (isMoved > 0) await notifyPhotoEvent(tx, id);
    const photo = await tx.findOne(Photo, { id }, { refresh: true });
    if (photo?.status === 'READY') return 'ready';
    await eraseWhenSettled(tx, [id]);
    return photo ? 'ended' : 'gone';
  });
}

/** The profile first, as everywhere: two uploads to one profile wait for each other instead of locking each other out. */
async function lockPhoto(tx: SqlEntityManager, id: string) {
  const found = await tx.findOne(Photo, { id });
  const profile = found && (await tx.findOne(Profile, { id: found.profileId }, locked));
  const photo = profile && (await tx.findOne(Photo, { id }, { ...locked, refresh: true }));
  return { profile, photo };
}

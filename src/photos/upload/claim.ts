import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { ClaimRefusal } from '../../../contract/callbacks.ts';
import { notifyPhotoEvent } from '../events/notify.ts';
import { FINAL, Photo } from '../photo.ts';

/**
 * Lets one write of an uploaded object be processed: a form may be sent again and again, its photo is processed once.
 * AWAITING_UPLOAD becomes PROCESSING; the same claim is granted again, because a function may have died after it.
 *
 * @param claim names the write of the object, the same for each delivery of its event
 * @returns why it was refused; undefined when it was granted
 */
export async function claimUpload(
  em: SqlEntityManager,
  id: string,
  claim: string,
): Promise<ClaimRefusal['photo'] | undefined> {
  return em.transactional(async (tx) => {
    // One statement: of claims that come at once, one finds the photo waiting.
    const taken = await tx.nativeUpdate(
      Photo,
      { id, status: 'AWAITING_UPLOAD' },
      { status: 'PROCESSING', claim },
    );
    if (taken > 0) {
      await notifyPhotoEvent(tx, id);
      return undefined;
    }
    const photo = await tx.findOne(Photo, { id }, { fields: ['status', 'claim'], refresh: true });
    if (!photo) return 'UNKNOWN';
    if (FINAL.includes(photo.status)) return 'FINAL';
    return photo.claim === claim ? undefined : 'IN_PROGRESS';
  });
}

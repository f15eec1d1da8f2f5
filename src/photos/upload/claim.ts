import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { ClaimRefusal } from '../../../contract/callbacks.ts';
import { notifyPhotoEvent } from '../events/notify.ts';
import { FINAL, Photo } from '../photo.ts';

/**
 * Claims a direct upload for one write of its object: a presigned POST can be used repeatedly, its photo is processed once.
 * AWAITING_UPLOAD becomes PROCESSING. The same claim is granted again, because the function may have crashed after it.
 *
 * @param claim identifies the write of the object: the same for every delivery of its event
 * @returns the reason for a refusal; undefined when the claim is granted
 */
export async function claimUpload(
  em: SqlEntityManager,
  id: string,
  claim: string,
): Promise<ClaimRefusal['photo'] | undefined> {
  return em.transactional(async (tx) => {
    // A single statement: of concurrent claims, only one finds the photo in AWAITING_UPLOAD.
    const updated = await tx.nativeUpdate(
      Photo,
      { id, status: 'AWAITING_UPLOAD' },
      { status: 'PROCESSING', claim },
    );
    if (updated > 0) {
      await notifyPhotoEvent(tx, id);
      return undefined;
    }
    const photo = await tx.findOne(Photo, { id }, { fields: ['status', 'claim'], refresh: true });
    if (!photo) return 'UNKNOWN';
    if (FINAL.includes(photo.status)) return 'FINAL';
    return photo.claim === claim ? undefined : 'IN_PROGRESS';
  });
}

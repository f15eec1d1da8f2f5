import { createHash } from 'node:crypto';
import type { FilterQuery, SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger } from 'fastify';
import type { Task } from 'graphile-worker';
import { z } from 'zod';
import { notifyPhotoEvent } from '../events/notify.ts';
import { FINAL, Photo } from '../photo.ts';
import type { Bucket } from '../storage/bucket.ts';
import { ERASE_PHOTOS, ERASE_PRIORITY, MAX_ATTEMPTS } from './erasures.ts';

/** Time after which the image function has stopped writing, even if its caller gave up: twice its timeout of 28 s. */
const LAST_WRITE_AFTER_S = 60;

/** Deletes photos: their rows at once, their objects by a job that the same transaction adds. */
export async function erasePhotos(tx: SqlEntityManager, which: FilterQuery<Photo>): Promise<void> {
  const photos = await tx.find(Photo, which, { fields: ['id', 'status', 'expiresAt'] });
  const ids = photos.map(({ id }) => id);
  await tx.nativeDelete(Photo, { id: ids });
  for (const id of ids) await notifyPhotoEvent(tx, id);
  await eraseObjects(tx, ids);
  // Unfinished photos may still get objects: the function may be writing, the presigned POST may be valid.
  for (const { id, status, expiresAt } of photos) {
    if (FINAL.includes(status)) continue;
    const validSeconds = Math.max(Number(expiresAt) - Date.now(), 0) / 1000;
    await eraseObjects(tx, [id], validSeconds + LAST_WRITE_AFTER_S);
  }
}

/** Schedules the deletion of objects that the image function may still be writing. */
export const eraseAfterLastWrite = (tx: SqlEntityManager, photoIds: string[]) =>
  eraseObjects(tx, photoIds, LAST_WRITE_AFTER_S);

/**
 * Schedules the deletion of the objects of photos; it starts when the transaction commits.
 *
 * @param delay s
 */
export async function eraseObjects(
  tx: SqlEntityManager,
  photoIds: string[],
  delay = 0,
): Promise<void> {
  if (photoIds.length === 0) return;
  await tx.execute(
    `select graphile_worker.add_job(?, json_build_object('photoIds', ?::json), run_at => now() + make_interval(secs => ?), max_attempts => ?, priority => ?)`,
    [ERASE_PHOTOS, JSON.stringify(photoIds), delay, MAX_ATTEMPTS, ERASE_PRIORITY],
  );
}

const Payload = z.object({ photoIds: z.array(z.uuid()) });

/**
 * The job. A photo that cannot be erased does not block the others. graphile-worker retries with exponential back-off, which
 * `watchErasures` limits.
 *
 * @throws when any photo could not be erased
 */
export const eraseTask =
  (bucket: Bucket, log: FastifyBaseLogger): Task =>
  async (payload, { job }) => {
    const { photoIds } = Payload.parse(payload);
    const failures: unknown[] = [];
    for (const photoId of photoIds) {
      try {
        logReceipt(photoId, await bucket.erase(photoId), log);
      } catch (err) {
        failures.push(err);
        log.error({ photoId, attempt: job.attempts, err }, 'A photo could not be erased.');
      }
    }
    const [first] = failures;
    if (!first) return;
    const reason = first instanceof Error ? first.message || first.name : String(first);
    throw new Error(
      `${failures.length} of ${photoIds.length} photos could not be erased: ${reason}`,
      {
        cause: first,
      },
    );
  };

/** The digest proves the deletion to anyone who has the keys, without revealing them. */
function logReceipt(photoId: string, keys: string[], log: FastifyBaseLogger) {
  const digest = createHash('sha256').update(keys.sort().join('\n')).digest('hex');
  log.info({ photoId, erased: keys.length, keys: digest }, 'Erased a photo.');
}

import { createHash } from 'node:crypto';
import type { FilterQuery, SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger } from 'fastify';
import type { Task } from 'graphile-worker';
import { z } from 'zod';
import { notifyPhotoEvent } from '../events/notify.ts';
import { FINAL, Photo } from '../photo.ts';
import type { Bucket } from '../storage/bucket.ts';
import { ERASE_PHOTOS, ERASE_PRIORITY, MAX_ATTEMPTS } from './erasures.ts';

/** Seconds the function may still be writing after its caller gave up: its own time limit (28), doubled. */
const FUNCTION_SETTLES = 60;

/** Removes these photos: their rows now, their objects by a job that the same transaction adds. */
export async function erasePhotos(tx: SqlEntityManager, which: FilterQuery<Photo>): Promise<void> {
  const photos = await tx.find(Photo, which, { fields: ['id', 'status', 'expiresAt'] });
  const ids = photos.map(({ id }) => id);
  await tx.nativeDelete(Photo, { id: ids });
  for (const id of ids) await notifyPhotoEvent(tx, id);
  await eraseObjects(tx, ids);
  // Of these more may come: a function is still writing, a form is still good.
  for (const { id, status, expiresAt } of photos) {
    if (FINAL.includes(status)) continue;
    const open = Math.max(Number(expiresAt) - Date.now(), 0) / 1000;
    await eraseObjects(tx, [id], open + FUNCTION_SETTLES);
  }
}

/** Has the objects removed of photos that a function may still be writing, whether or not anybody waits for its answer. */
export const eraseWhenSettled = (tx: SqlEntityManager, photoIds: string[]) =>
  eraseObjects(tx, photoIds, FUNCTION_SETTLES);

/**
 * Has the objects of these photos removed once the transaction is committed.
 *
 * @param delay seconds to wait before
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
 * The job itself. One photo that cannot be erased does not keep the others waiting; graphile-worker tries again with
 * growing pauses, which `watchErasures` bounds.
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

/** The digest lets a person who knows the keys prove later that they are gone, and reveals them to nobody else. */
function logReceipt(photoId: string, keys: string[], log: FastifyBaseLogger) {
  const digest = createHash('sha256').update(keys.sort().join('\n')).digest('hex');
  log.info({ photoId, erased: keys.length, keys: digest }, 'A photo is erased.');
}

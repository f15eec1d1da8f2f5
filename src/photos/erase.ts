import { createHash } from 'node:crypto';
import type { FilterQuery, SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger } from 'fastify';
import type { Task } from 'graphile-worker';
import { z } from 'zod';
import type { Bucket } from './bucket.ts';
import { announce } from './changes.ts';
import { FINAL, Photo } from './photo.ts';

/** Name of the job that removes the objects of photos. */
export const ERASE_PHOTOS = 'erase_photos';

/** Seconds the function may still be writing after its caller gave up: its own time limit (28), doubled. */
const FUNCTION_SETTLES = 60;

/** Removes these photos: their rows now, their objects by a job that the same transaction adds. */
export async function erasePhotos(tx: SqlEntityManager, which: FilterQuery<Photo>): Promise<void> {
  const photos = await tx.find(Photo, which, { fields: ['id', 'status', 'expiresAt'] });
  const ids = photos.map(({ id }) => id);
  await tx.nativeDelete(Photo, { id: ids });
  for (const id of ids) await announce(tx, id);
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
    `select graphile_worker.add_job(?, json_build_object('photoIds', ?::json), run_at => now() + make_interval(secs => ?))`,
    [ERASE_PHOTOS, JSON.stringify(photoIds), delay],
  );
}

/** Minutes after which nobody works on a job any more, by far: to erase a photo takes a second. */
const DEAD_AFTER = 10;

/** Lets others do the jobs of processes that were killed; by itself the queue would wait four hours. */
export const releaseErasures = (em: SqlEntityManager) =>
  em.execute(
    `select graphile_worker.force_unlock_workers(array_agg(locked_by)) from graphile_worker.jobs
     where task_identifier = ? and locked_at < now() - make_interval(mins => ?)`,
    [ERASE_PHOTOS, DEAD_AFTER],
  );

const Payload = z.object({ photoIds: z.array(z.uuid()) });

/** The job itself; when it fails the queue tries again, with growing pauses, for days. */
export const eraseTask =
  (bucket: Bucket, log: FastifyBaseLogger): Task =>
  async (payload) => {
    for (const photoId of Payload.parse(payload).photoIds) {
      const keys = await bucket.erase(photoId);
      // The receipt: what is gone can be proved later by who knows the keys, and told from it by nobody else.
      const digest = createHash('sha256').update(keys.sort().join('\n')).digest('hex');
      log.info({ photoId, erased: keys.length, keys: digest }, 'A photo is erased.');
    }
  };

import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Config } from '../../config.ts';
import { read } from '../../database/tables.ts';
import { FINAL, type PhotoStatus } from '../photo.ts';
import type { Bucket, StoredObject } from '../storage/bucket.ts';
import type { Cleanup } from './recover-uploads.ts';

/** Age at which an object without a row is an orphan, ms: no upload takes longer to get its row. */
const MIN_AGE_MS = 3600 * 1000;

const DAY = 24 * 3600 * 1000;

interface OrphanParts {
  em: SqlEntityManager;
  bucket: Bucket;
  config: Pick<Config, 'expirationDays'>;
}

/**
 * Deletes orphaned objects: variants of photos that do not exist or failed, and uploads of photos in a final state.
 *
 * @returns the number of orphans
 */
export async function deleteOrphans(
  { em, bucket, config }: OrphanParts,
  { isDryRun, report }: Cleanup,
): Promise<number> {
  const now = Date.now();
  const expired = new Date(now - config.expirationDays * DAY);
  let count = 0;
  for await (const objects of bucket.objectsBefore(new Date(now - MIN_AGE_MS))) {
    const statuses = await statusesOf(em, objects);
    const orphans = objects.filter((object) => {
      const status = statuses.get(object.photoId);
      return !status || isOver(object, status, expired);
    });
    const keys = orphans.map(({ key }) => key);
    for (const key of keys) report('remove', key);
    if (!isDryRun) await bucket.remove(keys);
    count += keys.length;
  }
  return count;
}

function isOver({ isPicture, modified }: StoredObject, status: PhotoStatus, expired: Date) {
  const hasEnded = FINAL.includes(status);
  return isPicture ? hasEnded && status !== 'READY' : hasEnded || modified < expired;
}

async function statusesOf(em: SqlEntityManager, objects: StoredObject[]) {
  const ids = [...new Set(objects.map(({ photoId }) => photoId))];
  if (ids.length === 0) return new Map<string, PhotoStatus>();
  const rows = await read(em)
    .selectFrom('Photo')
    .select(['id', 'status'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, status }) => [id, status]));
}

import type { Config } from '../../config.ts';
import type { Reader } from '../../database/statement.ts';
import { FINAL, type PhotoStatus } from '../photo.ts';
import { readStatuses } from '../repository.ts';
import type { Bucket, StoredObject } from '../storage/bucket.ts';
import type { Cleanup } from './recover-uploads.ts';

/** Age at which an object without a row is an orphan, ms: no upload takes longer to get its row. */
const MIN_AGE_MS = 3600 * 1000;

const DAY_MS = 24 * 3600 * 1000;

interface OrphanParts {
  pool: Reader;
  bucket: Bucket;
  config: Pick<Config, 'expirationDays'>;
}

/**
 * Deletes orphaned objects: variants of photos that do not exist or failed, and uploads of photos in a final state.
 *
 * @returns the number of orphans
 */
export async function deleteOrphans(
  { pool, bucket, config }: OrphanParts,
  { isDryRun, report }: Cleanup,
): Promise<number> {
  const now = Date.now();
  const expired = new Date(now - config.expirationDays * DAY_MS);
  let count = 0;
  for await (const objects of bucket.objectsBefore(new Date(now - MIN_AGE_MS))) {
    const photoIds = [...new Set(objects.map(({ photoId }) => photoId))];
    const statuses = await readStatuses(pool, photoIds);
    const orphans = objects.filter((object) => {
      const status = statuses.get(object.photoId);
      return !status || isOrphan(object, status, expired);
    });
    const keys = orphans.map(({ key }) => key);
    for (const key of keys) report('remove', key);
    if (!isDryRun) await bucket.remove(keys);
    count += keys.length;
  }
  return count;
}

function isOrphan({ isVariant, modified }: StoredObject, status: PhotoStatus, expired: Date) {
  const hasEnded = FINAL.includes(status);
  return isVariant ? hasEnded && status !== 'READY' : hasEnded || modified < expired;
}

import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Config } from '../../config.ts';
import { read } from '../../database/tables.ts';
import { FINAL, type PhotoStatus } from '../photo.ts';
import type { Bucket, StoredObject } from '../storage/bucket.ts';
import type { Broom } from './recover-uploads.ts';

/** ms that an object may be without a row before it counts as lost: nothing takes longer from one to the other. */
const ORPHAN_AFTER = 3600 * 1000;

const DAY = 24 * 3600 * 1000;

interface Services {
  em: SqlEntityManager;
  bucket: Bucket;
  config: Pick<Config, 'expirationDays'>;
}

/**
 * Removes objects that nobody owns: pictures of photos that are not there or came to nothing, and uploads of photos
 * that have ended.
 *
 * @returns how many go
 */
export async function sweepOrphans(
  { em, bucket, config }: Services,
  { isDryRun, tell }: Broom,
): Promise<number> {
  const now = Date.now();
  const expired = new Date(now - config.expirationDays * DAY);
  let count = 0;
  for await (const objects of bucket.objectsBefore(new Date(now - ORPHAN_AFTER))) {
    const statuses = await statusesOf(em, objects);
    const orphans = objects.filter((object) => {
      const status = statuses.get(object.photoId);
      return !status || isOver(object, status, expired);
    });
    const keys = orphans.map(({ key }) => key);
    for (const key of keys) tell('remove', key);
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

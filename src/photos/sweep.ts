import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { parseCrop } from '../../lambda/contract.ts';
import type { Config } from '../config.ts';
import { read } from '../database/tables.ts';
import { PublicError } from '../errors.ts';
import type { Bucket } from './bucket.ts';
import type { ImageApi } from './image-api.ts';
import type { Photo } from './photo.ts';
import { FINAL, makeExpired, makeFailed, makeReady } from './settle.ts';

/** Names of the jobs. */
export const SWEEPS = { uploads: 'sweep_uploads', orphans: 'sweep_orphans' };

/** Seconds after a form has expired in which its event may still be on the way. */
const EVENT_SLACK = 60;

/** Seconds after which nobody works on an upload any more: a request is read for at most 300, the image API has 31, the rest is for slow moments. */
const DEAD_AFTER = 600;

/** Uploads looked after in one run: the next follows in a minute. */
const BATCH = 100;

interface Services {
  em: SqlEntityManager;
  bucket: Bucket;
  imageApi: ImageApi;
}

/**
 * Finishes what was lost: a direct upload whose event never came is processed, one that was never made expires,
 * one that died halfway fails and may be tried again.
 */
export async function sweepUploads(services: Services): Promise<void> {
  for (const photo of await overdue(services.em)) await finish(photo, services);
}

function overdue(em: SqlEntityManager): Promise<Photo[]> {
  return read(em)
    .selectFrom('Photo')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb.and([eb('status', '=', 'AWAITING_UPLOAD'), eb('expiresAt', '<', ago(EVENT_SLACK))]),
        eb.and([
          eb('status', '=', 'PROCESSING'),
          eb(eb.fn.coalesce('expiresAt', 'createdAt'), '<', ago(DEAD_AFTER)),
        ]),
      ]),
    )
    .orderBy('createdAt')
    .limit(BATCH)
    .execute();
}

async function finish(photo: Photo, { em, bucket, imageApi }: Services) {
  if (photo.expiresAt && (await bucket.holdsUpload(photo.id))) {
    return processAgain(photo, { em, bucket, imageApi });
  }
  if (photo.status === 'AWAITING_UPLOAD') return makeExpired(em, photo.id);
  return makeFailed(em, photo.id, {
    code: 'PROCESSING_FAILED',
    message: 'The photo was lost while it was processed. Send it again.',
  });
}

/** What the event would have done. */
async function processAgain({ id, wish }: Photo, { em, bucket, imageApi }: Services) {
  try {
    const crop = parseCrop(wish) ?? { strategy: 'ATTENTION' };
    await makeReady(em, id, await imageApi.process(id, { key: bucket.uploadKey(id) }, crop));
  } catch (error) {
    if (!(error instanceof PublicError) || error.extensions.retryable === true) throw error;
    await makeFailed(em, id, error);
  }
}

const DAY = 24 * 3600;
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

/** Seconds that an object may be without a row before it counts as lost: nothing takes longer from one to the other. */
const ORPHAN_AFTER = 3600;

/**
 * Removes objects that nobody owns: pictures of photos without a row, and uploads of photos that have ended.
 *
 * @param isDryRun only tell
 * @param say takes the key of each object that goes
 * @returns how many go
 */
export async function sweepOrphans(
  {
    em,
    bucket,
    config,
  }: Pick<Services, 'em' | 'bucket'> & { config: Pick<Config, 'expirationDays'> },
  { isDryRun, say }: { isDryRun: boolean; say: (key: string) => void },
): Promise<number> {
  let count = 0;
  const before = ago(ORPHAN_AFTER);
  const expired = ago(config.expirationDays * DAY);
  for await (const objects of bucket.objectsBefore(before)) {
    const rows = await read(em)
      .selectFrom('Photo')
      .select(['id', 'status'])
      .where('id', 'in', [...new Set(objects.map(({ photoId }) => photoId))])
      .execute();
    const statusOf = new Map(rows.map(({ id, status }) => [id, status]));
    const orphans = objects.filter(({ photoId, isPicture, modified }) => {
      const status = statusOf.get(photoId);
      if (!status) return true;
      return !isPicture && (FINAL.includes(status) || modified < expired);
    });
    for (const { key } of orphans) say(key);
    if (!isDryRun) await bucket.remove(orphans.map(({ key }) => key));
    count += orphans.length;
  }
  return count;
}

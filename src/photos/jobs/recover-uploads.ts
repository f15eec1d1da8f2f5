import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { parseCrop } from '../../../contract/crop.ts';
import { read } from '../../database/tables.ts';
import { PublicError } from '../../errors.ts';
import type { ImageApi } from '../image-api/client.ts';
import type { Photo } from '../photo.ts';
import { markExpired, markFailed, markReady } from '../status.ts';
import type { Bucket } from '../storage/bucket.ts';

/** Seconds after a form has expired in which its event may still be on the way. */
const EVENT_SLACK = 60;

/** Seconds after which nobody works on an upload any more: a request is read for at most 300, the image API has 31, the rest is for slow moments. */
const DEAD_AFTER = 600;

/** s after a presigned POST expires during which its upload is retried, once a minute. */
const RETRY_PERIOD_S = 3600;

/** Uploads per run; the next run follows in a minute. */
const BATCH = 100;

export interface RecoveryParts {
  em: SqlEntityManager;
  bucket: Bucket;
  imageApi: ImageApi;
}

export interface Cleanup {
  /** Only report what would be done. */
  isDryRun: boolean;
  /** Receives each action with the ID of its photo or the key of its object. */
  report: (action: 'process' | 'expire' | 'fail' | 'remove', subject: string) => void;
}

/**
 * Recovers stalled uploads: a direct upload whose event was lost is processed, one that never arrived expires, and one whose
 * processing died fails, so that it can be sent again. A failure does not stop the others.
 *
 * @returns the number of stalled uploads
 * @throws AggregateError for those that could not be finished now
 */
export async function recoverUploads(services: RecoveryParts, cleanup: Cleanup): Promise<number> {
  const photos = await overdue(services.em);
  const failures: unknown[] = [];
  for (const photo of photos) {
    await finish(photo, services, cleanup).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Uploads could not be finished.');
  return photos.length;
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

async function finish(photo: Photo, services: RecoveryParts, { isDryRun, report }: Cleanup) {
  const { em, bucket } = services;
  const action = await actionFor(photo, bucket);
  report(action, photo.id);
  if (isDryRun) return;
  switch (action) {
    case 'process':
      return processAgain(photo, services);
    case 'expire':
      return markExpired(em, photo.id);
    case 'fail':
      return markFailed(em, photo.id, {
        code: 'PROCESSING_FAILED',
        message: 'Processing was interrupted. Send the photo again.',
      });
  }
}

async function actionFor({ id, status, expiresAt }: Photo, bucket: Bucket) {
  if (expiresAt && (await bucket.holdsUpload(id))) return 'process';
  return status === 'AWAITING_UPLOAD' ? 'expire' : 'fail';
}

/** Does what the event would have done. The upload is deleted last: if a step before fails, it is there for the next attempt. */
async function processAgain(photo: Photo, { em, bucket, imageApi }: RecoveryParts) {
  const { id, wish, expiresAt } = photo;
  const key = bucket.uploadKey(id);
  try {
    const crop = parseCrop(wish) ?? { strategy: 'ATTENTION' };
    await markReady(em, id, await imageApi.process(id, { key }, crop));
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    const mayWork = error.extensions.retryable === true && Number(expiresAt) > +ago(RETRY_PERIOD_S);
    if (mayWork) throw error;
    await markFailed(em, id, error);
  }
  await bucket.remove([key]);
}

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

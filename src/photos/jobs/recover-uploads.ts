import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { parseCrop } from '../../../contract/crop.ts';
import type { Reader } from '../../database/statement.ts';
import { PublicError } from '../../errors.ts';
import type { ImageApi } from '../image-api/client.ts';
import { readStalledUploads, type StalledUpload } from '../repository.ts';
import { markExpired, markFailed, markReady } from '../status.ts';
import type { Bucket } from '../storage/bucket.ts';

/** Time after a presigned POST expires in which the event of its upload may still arrive. */
const EVENT_DELAY_S = 60;

/** Time after which processing must have died: a request body is read for at most 300 s, the image API takes 31 s, the rest is reserve. */
const PROCESSING_TIMEOUT_S = 600;

/** Time after a presigned POST expires in which its upload is retried, once a minute. */
const RETRY_PERIOD_S = 3600;

/** Uploads per run; the next run follows in a minute. */
const BATCH_SIZE = 100;

export interface RecoveryParts {
  em: SqlEntityManager;
  pool: Reader;
  bucket: Bucket;
  imageApi: ImageApi;
}

export interface Cleanup {
  /** Whether to only report the actions. */
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
export async function recoverUploads(parts: RecoveryParts, cleanup: Cleanup): Promise<number> {
  const photos = await readStalledUploads(parts.pool, {
    awaitedBefore: ago(EVENT_DELAY_S),
    processingBefore: ago(PROCESSING_TIMEOUT_S),
    count: BATCH_SIZE,
  });
  const failures: unknown[] = [];
  for (const photo of photos) {
    await recover(photo, parts, cleanup).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} uploads could not be recovered.`);
  return photos.length;
}

async function recover(photo: StalledUpload, parts: RecoveryParts, { isDryRun, report }: Cleanup) {
  const { em, bucket } = parts;
  const action = await actionFor(photo, bucket);
  report(action, photo.id);
  if (isDryRun) return;
  switch (action) {
    case 'process':
      return processAgain(photo, parts);
    case 'expire':
      return markExpired(em, photo.id);
    case 'fail':
      return markFailed(em, photo.id, {
        code: 'PROCESSING_FAILED',
        message: 'Processing was interrupted. Send the photo again.',
      });
  }
}

async function actionFor({ id, status, expiresAt }: StalledUpload, bucket: Bucket) {
  if (expiresAt && (await bucket.holdsUpload(id))) return 'process';
  return status === 'AWAITING_UPLOAD' ? 'expire' : 'fail';
}

/** Does what the lost event would have triggered. Deletes the upload last, so that it exists for a retry if an earlier step fails. */
async function processAgain(photo: StalledUpload, { em, bucket, imageApi }: RecoveryParts) {
  const { id, cropRequest, expiresAt } = photo;
  const key = bucket.uploadKey(id);
  try {
    const crop = parseCrop(cropRequest) ?? { strategy: 'ATTENTION' };
    await markReady(em, id, await imageApi.process(id, { key }, crop));
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    const mayRetry =
      error.extensions.retryable === true && Number(expiresAt) > +ago(RETRY_PERIOD_S);
    if (mayRetry) throw error;
    await markFailed(em, id, error);
  }
  await bucket.remove([key]);
}

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { parseCrop } from '../../../contract/crop.ts';
import { read } from '../../database/tables.ts';
import { PublicError } from '../../errors.ts';
import type { ImageApi } from '../image-api/client.ts';
import type { Photo } from '../photo.ts';
import { makeExpired, makeFailed, makeReady } from '../status.ts';
import type { Bucket } from '../storage/bucket.ts';

/** Seconds after a form has expired in which its event may still be on the way. */
const EVENT_SLACK = 60;

/** Seconds after which nobody works on an upload any more: a request is read for at most 300, the image API has 31, the rest is for slow moments. */
const DEAD_AFTER = 600;

/** Seconds after a form has expired until which its upload is tried again, once a minute. */
const GIVE_UP_AFTER = 3600;

/** Uploads looked after in one run: the next follows in a minute. */
const BATCH = 100;

export interface Sweeping {
  em: SqlEntityManager;
  bucket: Bucket;
  imageApi: ImageApi;
}

export interface Broom {
  /** Only tell. */
  isDryRun: boolean;
  /** Takes what is done: the verb, and the photo's id or the object's key. */
  tell: (deed: 'process' | 'expire' | 'fail' | 'remove', of: string) => void;
}

/**
 * Finishes what was lost: a direct upload whose event never came is processed, one that was never made expires,
 * one that died halfway fails and may be tried again. One that cannot be finished now does not keep the others waiting.
 *
 * @returns how many there were
 * @throws AggregateError of what could not be finished now
 */
export async function sweepUploads(services: Sweeping, broom: Broom): Promise<number> {
  const photos = await overdue(services.em);
  const failures: unknown[] = [];
  for (const photo of photos) {
    await finish(photo, services, broom).catch((error: unknown) => failures.push(error));
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

async function finish(photo: Photo, services: Sweeping, { isDryRun, tell }: Broom) {
  const { em, bucket } = services;
  const deed = await deedFor(photo, bucket);
  tell(deed, photo.id);
  if (isDryRun) return;
  switch (deed) {
    case 'process':
      return processAgain(photo, services);
    case 'expire':
      return makeExpired(em, photo.id);
    case 'fail':
      return makeFailed(em, photo.id, {
        code: 'PROCESSING_FAILED',
        message: 'The photo was lost while it was processed. Send it again.',
      });
  }
}

async function deedFor({ id, status, expiresAt }: Photo, bucket: Bucket) {
  if (expiresAt && (await bucket.holdsUpload(id))) return 'process';
  return status === 'AWAITING_UPLOAD' ? 'expire' : 'fail';
}

/** What the event would have done. The upload goes last: whatever breaks before, it is there for the next try. */
async function processAgain(photo: Photo, { em, bucket, imageApi }: Sweeping) {
  const { id, wish, expiresAt } = photo;
  const key = bucket.uploadKey(id);
  try {
    const crop = parseCrop(wish) ?? { strategy: 'ATTENTION' };
    await makeReady(em, id, await imageApi.process(id, { key }, crop));
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    const mayWork = error.extensions.retryable === true && Number(expiresAt) > +ago(GIVE_UP_AFTER);
    if (mayWork) throw error;
    await makeFailed(em, id, error);
  }
  await bucket.remove([key]);
}

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

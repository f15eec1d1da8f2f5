import type { Readable } from 'node:stream';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { CropWish } from '../../lambda/contract.ts';
import { PublicError } from '../errors.ts';
import type { Bucket } from './bucket.ts';
import type { ImageApi, Parcel } from './image-api.ts';
import { Photo } from './photo.ts';
import { makeFailed, makeReady } from './settle.ts';
import { readPhoto } from './source.ts';

export interface Upload {
  profileId: string;
  source: Readable;
  crop: CropWish;
  alt: string;
}

interface Services {
  em: SqlEntityManager;
  bucket: Bucket;
  imageApi: ImageApi;
}

/**
 * Answer now: row, image API, switch. The row comes first, so that every object has an owner before it exists;
 * the photo becomes current only when all its objects are stored.
 *
 * @throws PublicError the photo's own fault, or PROCESSING_FAILED and PROCESSING_UNAVAILABLE; the row says so too
 */
export async function uploadNow(services: Services, upload: Upload): Promise<void> {
  const { source } = upload;
  // It may break off while its row is written and nobody reads: whoever reads on is told, but without a listener the
  // error would end the process.
  source.on('error', () => {});
  try {
    await processAndSwitch(services, upload);
  } finally {
    // Half-read, it would hold its connection or its temporary file.
    source.destroy();
  }
}

async function processAndSwitch(
  { em, bucket, imageApi }: Services,
  { profileId, source, crop, alt }: Upload,
) {
  const content = await readPhoto(source);
  const photo = await em.transactional(async (tx) => tx.create(Photo, { profileId, alt }));

  try {
    const parcel =
      'bytes' in content ? content.bytes : await stage(bucket, photo.id, content.stream);
    const processed = await imageApi.process(photo.id, parcel, crop);
    if (await makeReady(em, photo, processed)) return;
  } catch (cause) {
    const error = cause instanceof PublicError ? cause : failed(cause);
    const status = await makeFailed(em, photo, error);
    if (status === 'READY') return;
    if (status) throw error;
  }
  throw new PublicError('NOT_FOUND', 'The profile was deleted while its photo was processed.');
}

async function stage(bucket: Bucket, photoId: string, stream: Readable): Promise<Parcel> {
  await bucket.stage(photoId, stream);
  return 'staged';
}

const failed = (cause: unknown) =>
  new PublicError(
    'PROCESSING_FAILED',
    'The photo could not be stored. Send it again in a moment.',
    { cause },
  );

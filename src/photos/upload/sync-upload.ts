import type { Readable } from 'node:stream';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type CropSpec, formatCrop } from '../../../contract/crop.ts';
import { variantFile } from '../../../contract/image.ts';
import { imageFolder, stagedKey } from '../../../contract/keys.ts';
import type { Config } from '../../config.ts';
import type { Reader } from '../../database/statement.ts';
import { PublicError } from '../../errors.ts';
import type { ImageApi, ImageSource } from '../image-api/client.ts';
import { Photo } from '../photo.ts';
import { readCurrentPhotos } from '../repository.ts';
import { markFailed, markReady } from '../status.ts';
import type { Bucket } from '../storage/bucket.ts';
import { readUploadedPhoto } from './source.ts';

interface NewPhoto {
  profileId: string;
  crop: CropSpec;
  alt: string;
}

interface UploadParts {
  em: SqlEntityManager;
  pool: Reader;
  bucket: Bucket;
  imageApi: ImageApi;
  config: Pick<Config, 'imageFolder'>;
}

/**
 * Synchronous upload: inserts the row, calls the image API, switches the profile to the new photo. The row comes first, so that
 * every object has an owner before it exists; the photo becomes current only when all of its objects are stored.
 *
 * @throws PublicError the problem with the photo, PROCESSING_FAILED or PROCESSING_UNAVAILABLE; also stored in the row
 */
export async function uploadSynchronously(
  parts: UploadParts,
  { source, ...photo }: NewPhoto & { source: Readable },
): Promise<void> {
  // The source may fail while the row is inserted and nothing reads it. A later read gets the error; without a listener, it
  // would end the process.
  source.on('error', () => {});
  try {
    const content = await readUploadedPhoto(source);
    await processAndSwitch(parts, photo, async (photoId) =>
      'bytes' in content ? content.bytes : stage(parts.bucket, photoId, content.stream),
    );
  } finally {
    // A partly read source keeps its connection or its temporary file.
    source.destroy();
  }
}

/**
 * Crops the current photo again: creates another photo from the same master, which replaces it like an upload.
 *
 * @param change.alt undefined leaves it unchanged
 * @throws PublicError NOT_FOUND when there is no photo
 */
export async function recrop(
  parts: UploadParts,
  profileId: string,
  { crop, alt }: { crop: CropSpec; alt: string | undefined },
): Promise<void> {
  const [photo] = await readCurrentPhotos(parts.pool, [profileId]);
  const master = photo?.stored.find(({ name }) => name === 'master');
  if (!photo || !master)
    throw new PublicError('NOT_FOUND', 'There is no photo to crop. Upload one first.');

  const key = imageFolder(photo.id, parts.config.imageFolder) + variantFile(master);
  await processAndSwitch(parts, { profileId, alt: alt ?? photo.alt, crop }, async () => ({ key }));
}

async function processAndSwitch(
  { em, imageApi }: UploadParts,
  { profileId, crop, alt }: NewPhoto,
  sourceOf: (photoId: string) => Promise<ImageSource>,
) {
  const { id } = await em.transactional(async (tx) =>
    tx.create(Photo, { profileId, alt, cropRequest: formatCrop(crop) }),
  );
  try {
    const processed = await imageApi.process(id, await sourceOf(id), crop);
    if ((await markReady(em, id, processed)) === 'ready') return;
  } catch (cause) {
    const error = cause instanceof PublicError ? cause : failed(cause);
    const outcome = await markFailed(em, id, error);
    if (outcome === 'ready') return;
    if (outcome === 'ended') throw error;
  }
  throw new PublicError('NOT_FOUND', 'The photo was deleted during processing. Upload it again.');
}

async function stage(bucket: Bucket, photoId: string, stream: Readable): Promise<ImageSource> {
  await bucket.stage(photoId, stream);
  return { key: stagedKey(photoId) };
}

const failed = (cause: unknown) =>
  new PublicError(
    'PROCESSING_FAILED',
    'The photo could not be stored. Send it again in a moment.',
    { cause },
  );

import type { Readable } from 'node:stream';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type CropSpec, formatCrop } from '../../../contract/crop.ts';
import { variantFile } from '../../../contract/image.ts';
import { imageFolder, stagedKey } from '../../../contract/keys.ts';
import type { Config } from '../../config.ts';
import { PublicError } from '../../errors.ts';
import { Profile } from '../../profiles/profile.ts';
import type { ImageApi, ImageSource } from '../image-api/client.ts';
import { Photo } from '../photo.ts';
import { markFailed, markReady } from '../status.ts';
import type { Bucket } from '../storage/bucket.ts';
import { readPhoto } from './source.ts';

export interface Upload {
  profileId: string;
  source: Readable;
  crop: CropSpec;
  alt: string;
}

interface Services {
  em: SqlEntityManager;
  bucket: Bucket;
  imageApi: ImageApi;
  config: Pick<Config, 'imageFolder'>;
}

/**
 * Answer now: row, image API, switch. The row comes first, so that every object has an owner before it exists;
 * the photo becomes current only when all its objects are stored.
 *
 * @throws PublicError the photo's own fault, or PROCESSING_FAILED and PROCESSING_UNAVAILABLE; the row says so too
 */
export async function uploadSynchronously(services: Services, upload: Upload): Promise<void> {
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

async function processAndSwitch(services: Services, { source, ...wish }: Upload) {
  const content = await readPhoto(source);
  await switchTo(services, wish, async (photoId) =>
    'bytes' in content ? content.bytes : stage(services.bucket, photoId, content.stream),
  );
}

/**
 * Cuts the current photo anew: another photo of the same master, which replaces it like an upload.
 *
 * @param wish.alt stays as it is when undefined
 * @throws PublicError NOT_FOUND when there is no photo
 */
export async function recrop(
  services: Services,
  profileId: string,
  { crop, alt }: { crop: CropSpec; alt: string | undefined },
): Promise<void> {
  const profile = await services.em.findOne(Profile, { id: profileId });
  const photo = profile?.photoId
    ? await services.em.findOne(Photo, { id: profile.photoId })
    : undefined;
  const master = photo?.stored.find(({ name }) => name === 'master');
  if (!photo || !master)
    throw new PublicError('NOT_FOUND', 'There is no photo to cut. Upload one first.');

  const key = imageFolder(photo.id, services.config.imageFolder) + variantFile(master);
  await switchTo(services, { profileId, alt: alt ?? photo.alt, crop }, async () => ({ key }));
}

type Wish = Omit<Upload, 'source'>;

/** @param parcelOf gives what is sent to the image API */
async function switchTo(
  { em, imageApi }: Services,
  { profileId, crop, alt }: Wish,
  parcelOf: (photoId: string) => Promise<ImageSource>,
) {
  const { id } = await em.transactional(async (tx) =>
    tx.create(Photo, { profileId, alt, wish: formatCrop(crop) }),
  );
  try {
    const processed = await imageApi.process(id, await parcelOf(id), crop);
    if ((await markReady(em, id, processed)) === 'ready') return;
  } catch (cause) {
    const error = cause instanceof PublicError ? cause : failed(cause);
    const outcome = await markFailed(em, id, error);
    if (outcome === 'ready') return;
    if (outcome === 'ended') throw error;
  }
  throw new PublicError('NOT_FOUND', 'The photo was deleted while it was processed.');
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

/** Processes one photo: either all of its variants are stored, or none. */
import { createHash } from 'node:crypto';
import { type CropSpec, parseCrop } from '../contract/crop.ts';
import { variantFile } from '../contract/image.ts';
import type { ProcessedPhoto } from '../contract/image-api.ts';
import { imageFolder } from '../contract/keys.ts';
import { inSpan } from '../contract/spans.ts';
import type { FunctionConfig } from './config.ts';
import { PhotoError } from './errors.ts';
import { createVariants, type EncodedVariant } from './pipeline/create-variants.ts';
import type { ObjectStore } from './store.ts';

/** The photo to process: its bytes, or the key of the object that holds them. */
export type PhotoRequest = {
  photoId: string;
  crop: CropSpec;
  /** Whether the same photo may be processed twice at once: a failing run must not delete what the other has stored. */
  mayRunTwice?: true;
} & ({ bytes: Uint8Array } | StoredPhoto);

export interface StoredPhoto {
  key: string;
  /** An upload, deleted once the photo is stored or rejected. */
  isUpload: boolean;
}

/** What processing needs. */
export interface PhotoService {
  store: ObjectStore;
  config: FunctionConfig;
}

/** Concurrent PUTs: fast, without a burst of connections. */
const PARALLEL_PUTS = 6;

/**
 * Creates and stores every variant of a photo. Idempotent: the same request writes the same objects.
 *
 * @throws PhotoError when the photo is invalid. After any error nothing is stored, except by a concurrent run
 */
export async function processPhoto(
  request: PhotoRequest,
  service: PhotoService,
): Promise<ProcessedPhoto> {
  const { store, config } = service;
  const upload = 'key' in request && request.isUpload ? [request.key] : [];
  try {
    const bytes = await photoBytes(request, store, config.maxUploadBytes);
    const { variants, ...facts } = await createVariants(bytes, request.crop, config);
    const digest = contentDigest(request.photoId, bytes);
    await inSpan('store variants', () => storeAll(variants, { ...request, digest }, service));
    await deleteBestEffort(upload, store);
    return toResponse(request.photoId, variants, facts);
  } catch (error) {
    if (error instanceof PhotoError) await deleteBestEffort(upload, store);
    throw error;
  }
}

/** Parses the crop parameter; ATTENTION without one. */
export function readCrop(word: string | undefined): CropSpec {
  if (word === undefined) return { strategy: 'ATTENTION' };
  const crop = parseCrop(word);
  if (crop) return crop;
  throw new PhotoError(
    'BAD_USER_INPUT',
    'The crop must be attention, centre, focal_point:x,y or rectangle:x,y,width,height.',
  );
}

async function photoBytes(request: PhotoRequest, store: ObjectStore, maxBytes: number) {
  if ('key' in request) {
    const { key } = request;
    const file = await inSpan('read photo', () => store.get(key, maxBytes));
    if (file) return file.bytes;
    throw new PhotoError('BAD_USER_INPUT', 'There is no photo under this key. Send it again.');
  }
  if (request.bytes.length > maxBytes) throw PhotoError.tooLarge(maxBytes, request.bytes.length);
  return request.bytes;
}

/** Distinguishes photos sent for the same id. The id is hashed too, so that equal photos of different users have different digests. */
export const contentDigest = (photoId: string, bytes: Uint8Array) =>
  createHash('sha256').update(photoId).update(bytes).digest('hex');

/** Stores all variants. When one fails, the others are deleted, unless a concurrent run may have stored them. */
async function storeAll(
  variants: EncodedVariant[],
  {
    photoId,
    mayRunTwice,
    digest,
  }: Pick<PhotoRequest, 'photoId' | 'mayRunTwice'> & { digest: string },
  { store, config }: PhotoService,
) {
  const folder = imageFolder(photoId, config.folder);
  const keyOf = (variant: EncodedVariant) => folder + variantFile(variant);
  const waiting = [...variants];
  const failures: unknown[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next && failures.length === 0; next = waiting.shift()) {
      const { bytes, format } = next;
      const put = store.put(keyOf(next), { bytes, type: `image/${format}`, digest });
      await put.catch((error: unknown) => failures.push(error));
    }
  };

  // Every PUT must have ended before anything is deleted: one in flight would recreate its object.
  await Promise.all(Array.from({ length: PARALLEL_PUTS }, work));
  if (failures.length === 0) return;
  if (!mayRunTwice) await deleteBestEffort(variants.map(keyOf), store);
  throw new Error('The variants could not be stored.', { cause: failures[0] });
}

/** Deletes objects; whatever remains is an orphan that the cleanup deletes later. */
async function deleteBestEffort(keys: string[], store: ObjectStore) {
  if (keys.length > 0) await store.remove(keys).catch(() => undefined);
}

function toResponse(
  photoId: string,
  encoded: EncodedVariant[],
  facts: Pick<ProcessedPhoto, 'crop' | 'placeholder' | 'dominantColor'>,
): ProcessedPhoto {
  const variants = encoded.map(({ bytes, ...variant }) => ({ ...variant, bytes: bytes.length }));
  const [master] = variants;
  if (!master) throw new RangeError('A photo without a master.');
  return { photoId, width: master.width, height: master.height, variants, ...facts };
}

/** The use case: one photo in, all its pictures in the bucket, or none. */
import { createHash } from 'node:crypto';
import { type CropSpec, parseCrop } from '../contract/crop.ts';
import { variantFile } from '../contract/image.ts';
import type { ProcessedPhoto } from '../contract/image-api.ts';
import { imageFolder } from '../contract/keys.ts';
import type { FunctionConfig } from './config.ts';
import { PhotoError } from './errors.ts';
import { createVariants, type EncodedVariant } from './pipeline/create-variants.ts';
import { inSpan } from './spans.ts';
import type { ObjectStore, PictureFile } from './store.ts';

/** The photo to process: its bytes, or the key of the object that holds them. */
export type PhotoRequest = {
  photoId: string;
  crop: CropSpec;
  /** Whether this very photo may be processed twice at once: who fails then leaves alone what the other has stored. */
  mayHaveTwin?: true;
} & ({ bytes: Uint8Array } | StoredPhoto);

export interface StoredPhoto {
  key: string;
  /** An upload, of no more use once the photo is done, or is itself at fault. */
  isUpload: boolean;
}

/** What a use case works with. */
export interface PhotoService {
  store: ObjectStore;
  options: FunctionConfig;
}

/** PUTs under way at once: the time of one, not of twelve, and no burst of connections. */
const PARALLEL_PUTS = 6;

/**
 * Makes and stores every picture of a photo. The same request again writes the same objects.
 *
 * @throws PhotoError what is wrong with the photo; nothing is stored then, nor after any other error, but by a twin
 */
export async function processPhoto(
  request: PhotoRequest,
  service: PhotoService,
): Promise<ProcessedPhoto> {
  const { store, options } = service;
  const upload = 'key' in request && request.isUpload ? [request.key] : [];
  try {
    const bytes = await photoBytes(request, store, options.maxUploadBytes);
    const { variants, ...facts } = await createVariants(bytes, request.crop, options);
    const source = contentDigest(request.photoId, bytes);
    await inSpan('store variants', () => storeAll(variants, { ...request, source }, service));
    await deleteBestEffort(upload, store);
    return toResponse(request.photoId, variants, facts);
  } catch (error) {
    if (error instanceof PhotoError) await deleteBestEffort(upload, store);
    throw error;
  }
}

/** What to cut, from the word it travels as; without a word we choose. */
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
    throw new PhotoError('BAD_USER_INPUT', 'No photo waits under this key. Send it again.');
  }
  if (request.bytes.length > maxBytes) throw PhotoError.tooLarge(maxBytes, request.bytes.length);
  return request.bytes;
}

/** What tells one photo from another that is sent for the same id, and is not to be told from it by anybody else. */
export const contentDigest = (photoId: string, bytes: Uint8Array) =>
  createHash('sha256').update(photoId).update(bytes).digest('hex');

type Mark = Pick<PictureFile, 'source'>;

/** Stores all pictures; when one fails, takes back the others, unless they may be a twin's. */
async function storeAll(
  variants: EncodedVariant[],
  { photoId, mayHaveTwin, source }: Pick<PhotoRequest, 'photoId' | 'mayHaveTwin'> & Mark,
  { store, options }: PhotoService,
) {
  const folder = imageFolder(photoId, options.folder);
  const keyOf = (variant: EncodedVariant) => folder + variantFile(variant);
  const waiting = [...variants];
  const failures: unknown[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next && failures.length === 0; next = waiting.shift()) {
      const { bytes, format } = next;
      const put = store.put(keyOf(next), { bytes, type: `image/${format}`, source });
      await put.catch((error: unknown) => failures.push(error));
    }
  };

  // Every PUT has ended before anything is taken back: one still under way would come after its removal.
  await Promise.all(Array.from({ length: PARALLEL_PUTS }, work));
  if (failures.length === 0) return;
  if (!mayHaveTwin) await deleteBestEffort(variants.map(keyOf), store);
  throw new Error('The variants could not be stored.', { cause: failures[0] });
}

/** Removes objects if it can: what stays is an orphan in nobody's way, swept later. */
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

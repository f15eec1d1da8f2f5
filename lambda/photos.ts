/** The use case: one photo in, all its pictures in the bucket, or none. */
import { type CropWish, imageFolder, type ProcessedPhoto, variantFile } from './contract.ts';
import { PhotoError } from './errors.ts';
import { makePictures, type Picture } from './image.ts';
import type { FunctionOptions } from './options.ts';
import type { ObjectStore } from './store.ts';

/** The photo to process: its bytes, or the key of the object that holds them. */
export type PhotoRequest = { photoId: string; crop: CropWish } & (
  | { bytes: Uint8Array }
  | { stagedKey: string }
);

/** PUTs under way at once: the time of one, not of twelve, and no burst of connections. */
const PARALLEL_PUTS = 6;

/**
 * Makes and stores every picture of a photo. The same request again writes the same objects.
 *
 * A staged object is removed once it is of no more use: the photo is done, or is itself at fault.
 *
 * @throws PhotoError what is wrong with the photo; nothing is stored then, nor after any other error
 */
export async function processPhoto(
  request: PhotoRequest,
  { store, options }: { store: ObjectStore; options: FunctionOptions },
): Promise<ProcessedPhoto> {
  const staged = 'stagedKey' in request ? [request.stagedKey] : [];
  try {
    const bytes = await photoBytes(request, store, options.maxUploadBytes);
    const { pictures, ...facts } = await makePictures(bytes, request.crop, options);
    await storeAll(pictures, imageFolder(request.photoId, options.folder), store);
    await tidy(staged, store);
    return answer(request.photoId, pictures, facts);
  } catch (error) {
    if (error instanceof PhotoError) await tidy(staged, store);
    throw error;
  }
}

async function photoBytes(request: PhotoRequest, store: ObjectStore, maxBytes: number) {
  if ('stagedKey' in request) {
    const bytes = await store.get(request.stagedKey, maxBytes);
    if (bytes) return bytes;
    throw new PhotoError('BAD_USER_INPUT', 'No photo waits under this key. Send it again.');
  }
  if (request.bytes.length > maxBytes) throw PhotoError.tooLarge(maxBytes, request.bytes.length);
  return request.bytes;
}

/** Stores all pictures; when one fails, takes back the others. */
async function storeAll(pictures: Picture[], folder: string, store: ObjectStore) {
  const keyOf = (picture: Picture) => folder + variantFile(picture);
  const waiting = [...pictures];
  const failures: unknown[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next && failures.length === 0; next = waiting.shift()) {
      const put = store.put(keyOf(next), next.bytes, `image/${next.format}`);
      await put.catch((error: unknown) => failures.push(error));
    }
  };

  // Every PUT has ended before anything is taken back: one still under way would come after its removal.
  await Promise.all(Array.from({ length: PARALLEL_PUTS }, work));
  if (failures.length === 0) return;
  await tidy(pictures.map(keyOf), store);
  throw new Error('The pictures could not be stored.', { cause: failures[0] });
}

/** Removes objects if it can: what stays is an orphan in nobody's way, swept later. */
async function tidy(keys: string[], store: ObjectStore) {
  if (keys.length > 0) await store.remove(keys).catch(() => undefined);
}

function answer(
  photoId: string,
  pictures: Picture[],
  facts: Pick<ProcessedPhoto, 'crop' | 'placeholder' | 'dominantColor'>,
): ProcessedPhoto {
  const variants = pictures.map(({ bytes, ...picture }) => ({ ...picture, bytes: bytes.length }));
  const [master] = variants;
  if (!master) throw new RangeError('A photo has a master.');
  return { photoId, width: master.width, height: master.height, variants, ...facts };
}

/** The use case of a direct upload: its pictures, then the news of them, then no upload any more. */
import { deliverCallback } from './callback.ts';
import {
  type Callback,
  CROP_METADATA,
  imageFolder,
  temporaryKey,
  variantFile,
} from './contract.ts';
import { PhotoError } from './errors.ts';
import { logNote } from './log.ts';
import type { CallbackOptions } from './options.ts';
import { markOf, type PhotoService, processPhoto, readCrop } from './photos.ts';
import type { StoredFile } from './store.ts';

export interface UploadService extends PhotoService {
  callback: CallbackOptions;
  /** ms since 1970 at which the function is ended. */
  deadline: number;
}

/** ms at the end that no callback uses: the upload is still to be removed and the batch to be answered. */
const RESERVE = 1_500;

/**
 * Processes one upload, tells the API and removes the upload, in this order: whatever breaks, the upload is still
 * there for the next try, and every step may be done twice.
 *
 * An upload that is not there is no fault: events come more than once, and photos are deleted.
 *
 * @throws our own faults
 */
export async function finishUpload(photoId: string, service: UploadService): Promise<void> {
  const key = temporaryKey(photoId, service.options.temporaryFolder);
  const callback = await processUpload(photoId, key, service);
  if (!callback) return logNote('There is no upload any more.', { photoId });

  await deliverCallback(callback, service.callback, service.deadline - RESERVE);
  await service.store.remove([key]);
}

/** What became of an upload, undefined when there is none. */
async function processUpload(
  photoId: string,
  key: string,
  service: PhotoService,
): Promise<Callback | undefined> {
  try {
    const upload = await service.store.get(key, service.options.maxUploadBytes);
    if (!upload) return undefined;
    await refuseSecond(photoId, upload, service);
    const { bytes, metadata } = upload;
    const crop = readCrop(metadata[CROP_METADATA]);
    const photo = await processPhoto({ photoId, crop, bytes, mayHaveTwin: true }, service);
    return { type: 'photo.ready', photo };
  } catch (error) {
    if (!(error instanceof PhotoError)) throw error;
    return { type: 'photo.failed', photoId, error: error.answer };
  }
}

/**
 * A form may be sent again until it expires, with another photo. But a link never changes its picture: where there
 * are pictures of one photo, another comes too late. The same again was only interrupted, or its event comes twice.
 */
async function refuseSecond(
  photoId: string,
  { bytes }: StoredFile,
  { store, options: { folder, sizes, formats } }: PhotoService,
) {
  const [name, format] = [String(sizes[0]), formats[0] ?? 'webp'];
  const source = await store.sourceOf(imageFolder(photoId, folder) + variantFile({ name, format }));
  if (!source || source === markOf(photoId, bytes)) return;
  throw new PhotoError(
    'BAD_USER_INPUT',
    'This upload was used before. Ask for another and send the photo there.',
  );
}

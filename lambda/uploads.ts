/** The use case of a direct upload: its pictures, then the news of them, then no upload any more. */
import { SpanKind } from '@opentelemetry/api';
import { deliverCallback } from './callback.ts';
import {
  type Callback,
  CROP_METADATA,
  imageFolder,
  TRACE_METADATA,
  temporaryKey,
  variantFile,
} from './contract.ts';
import { PhotoError } from './errors.ts';
import { logNote } from './log.ts';
import type { CallbackOptions } from './options.ts';
import { markOf, type PhotoService, processPhoto, readCrop } from './photos.ts';
import { inSpan, noteFacts, parentOf } from './spans.ts';
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
  const startTime = Date.now();
  const key = temporaryKey(photoId, service.options.temporaryFolder);
  const upload = await readUpload(key, service);
  if (!upload) return logNote('There is no upload any more.', { photoId });

  const parent = parentOf(upload instanceof PhotoError ? '' : upload.metadata[TRACE_METADATA]);
  const finish = async () => {
    const callback = await processUpload(photoId, upload, service);
    const deadline = service.deadline - RESERVE;
    await inSpan('callback', () => deliverCallback(callback, service.callback, deadline), {
      kind: SpanKind.CLIENT,
    });
    await service.store.remove([key]);
  };
  await inSpan('process upload', finish, {
    ...{ parent, startTime, kind: SpanKind.CONSUMER },
    attributes: { 'portrait.photo.id': photoId },
  });
}

/** What was uploaded, or what is wrong with it at first sight; undefined when there is nothing. */
const readUpload = (key: string, { store, options }: PhotoService) =>
  store.get(key, options.maxUploadBytes).catch((error: unknown) => {
    if (error instanceof PhotoError) return error;
    throw error;
  });

/** What became of an upload. */
async function processUpload(
  photoId: string,
  upload: StoredFile | PhotoError,
  service: PhotoService,
): Promise<Callback> {
  try {
    if (upload instanceof PhotoError) throw upload;
    await refuseSecond(photoId, upload, service);
    const { bytes, metadata } = upload;
    const crop = readCrop(metadata[CROP_METADATA]);
    const photo = await processPhoto({ photoId, crop, bytes, mayHaveTwin: true }, service);
    return { type: 'photo.ready', photo };
  } catch (error) {
    if (!(error instanceof PhotoError)) throw error;
    noteFacts({ 'error.type': error.code });
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

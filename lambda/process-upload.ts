/** The use case of a direct upload: the API grants it, its variants are stored, the API is told, the upload is deleted. */
import { SpanKind } from '@opentelemetry/api';
import type { Callback, ClaimRefusal, UploadStarted } from '../contract/callbacks.ts';
import { variantFile } from '../contract/image.ts';
import { CROP_METADATA, imageFolder, TRACE_METADATA, temporaryKey } from '../contract/keys.ts';
import { claimUpload, deliverCallback } from './callback.ts';
import type { CallbackConfig } from './config.ts';
import { PhotoError } from './errors.ts';
import { logNote } from './log.ts';
import { contentDigest, type PhotoService, processPhoto, readCrop } from './process-photo.ts';
import { inSpan, noteFacts, parentOf } from './spans.ts';
import type { StoredFile } from './store.ts';

export interface UploadService extends PhotoService {
  callback: CallbackConfig;
  /** ms since 1970 at which the function is ended. */
  deadline: number;
}

/** An upload that an event reported. */
export type ArrivedUpload = Omit<UploadStarted, 'type'>;

/** ms at the end that no callback uses: the upload is still to be removed and the batch to be answered. */
const RESERVE = 1_500;

/**
 * Claims one upload at the API, processes it, tells the API and deletes the upload, in this order: whatever breaks, the upload
 * is still there for the next try, and every step may be done twice. Without the claim nothing is downloaded: a form can be sent
 * as often as its sender likes, and only the first photo costs work.
 *
 * An absent upload is not a fault: events come more than once, and photos are deleted.
 *
 * @throws our own faults
 */
export async function finishUpload(arrived: ArrivedUpload, service: UploadService): Promise<void> {
  const { photoId } = arrived;
  const startTime = Date.now();
  const key = temporaryKey(photoId, service.options.temporaryFolder);
  // Before the claim: one for an upload that is not there would keep out the one that comes.
  const metadata = await service.store.metadataOf(key);
  if (!metadata) return logNote('There is no upload any more.', { photoId });

  await inSpan('process upload', () => finish(arrived, key, service), {
    ...{ parent: parentOf(metadata[TRACE_METADATA]), startTime, kind: SpanKind.CONSUMER },
    attributes: { 'portrait.photo.id': photoId },
  });
}

async function finish(arrived: ArrivedUpload, key: string, service: UploadService) {
  const { photoId } = arrived;
  const deadline = service.deadline - RESERVE;
  const client = { kind: SpanKind.CLIENT };
  const refusal = await inSpan(
    'claim',
    () => claimUpload(arrived, service.callback, deadline),
    client,
  );
  if (refusal) return passOver(photoId, refusal, { key, service });

  const upload = await readUpload(key, service);
  if (!upload) return logNote('There is no upload any more.', { photoId });
  const callback = await processUpload(photoId, upload, service);
  await inSpan('callback', () => deliverCallback(callback, service.callback, deadline), client);
  await service.store.remove([key]);
}

/** While a photo is in progress its upload is still needed; afterwards, and without a row, it only waits to be deleted. */
async function passOver(
  photoId: string,
  refusal: ClaimRefusal['photo'],
  { key, service }: { key: string; service: UploadService },
) {
  if (refusal !== 'IN_PROGRESS') await service.store.remove([key]);
  logNote(`The upload is not processed: its photo is ${refusal}.`, { photoId });
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
  if (!source || source === contentDigest(photoId, bytes)) return;
  throw new PhotoError(
    'BAD_USER_INPUT',
    'This upload was used before. Ask for another and send the photo there.',
  );
}

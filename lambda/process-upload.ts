/** Processes a direct upload: claim it, store its variants, report the outcome, delete the upload. */
import { SpanKind } from '@opentelemetry/api';
import type { Callback, ClaimRefusal, UploadStarted } from '../contract/callbacks.ts';
import { variantFile } from '../contract/image.ts';
import { CROP_METADATA, imageFolder, TRACE_METADATA, temporaryKey } from '../contract/keys.ts';
import { inSpan, noteFacts, parentOf } from '../contract/spans.ts';
import { claimUpload, deliverCallback } from './callback.ts';
import type { CallbackConfig } from './config.ts';
import { PhotoError } from './errors.ts';
import { logNote } from './log.ts';
import { contentDigest, type PhotoService, processPhoto, readCrop } from './process-photo.ts';
import type { StoredFile } from './store.ts';

export interface UploadService extends PhotoService {
  callback: CallbackConfig;
  /** ms since 1970 at which Lambda ends the invocation. */
  deadline: number;
}

/** An upload that an event reported. */
export type ArrivedUpload = Omit<UploadStarted, 'type'>;

/** ms that callbacks leave before the deadline, to delete the upload and return the result of the batch. */
const RESERVE_MS = 1_500;

/**
 * Claims one upload at the API, processes it, reports the outcome and deletes the upload, in this order: if any step fails, the
 * upload is still there for the next attempt, and every step is idempotent. Without a claim nothing is downloaded: a presigned
 * POST can be used any number of times, and only the first photo costs work.
 *
 * A missing upload is not an error: events are delivered more than once, and photos are deleted.
 *
 * @throws internal errors only
 */
export async function finishUpload(arrived: ArrivedUpload, service: UploadService): Promise<void> {
  const { photoId } = arrived;
  const startTime = Date.now();
  const key = temporaryKey(photoId, service.config.temporaryFolder);
  // Before the claim: a claim for a missing upload would block the one that arrives later.
  const metadata = await service.store.metadataOf(key);
  if (!metadata) return logNote('The upload no longer exists.', { photoId });

  await inSpan('process upload', () => finish(arrived, key, service), {
    parent: parentOf(metadata[TRACE_METADATA]),
    startTime,
    kind: SpanKind.CONSUMER,
    attributes: { 'portrait.photo.id': photoId },
  });
}

async function finish(arrived: ArrivedUpload, key: string, service: UploadService) {
  const { photoId } = arrived;
  const deadline = service.deadline - RESERVE_MS;
  const client = { kind: SpanKind.CLIENT };
  const refusal = await inSpan(
    'claim',
    () => claimUpload(arrived, service.callback, deadline),
    client,
  );
  if (refusal) return skipUpload(photoId, refusal, { key, service });

  const upload = await readUpload(key, service);
  if (!upload) return logNote('The upload no longer exists.', { photoId });
  const callback = await processUpload(photoId, upload, service);
  await inSpan('callback', () => deliverCallback(callback, service.callback, deadline), client);
  await service.store.remove([key]);
}

/** The upload of a photo in progress is still needed; that of a final or deleted photo is removed. */
async function skipUpload(
  photoId: string,
  refusal: ClaimRefusal['photo'],
  { key, service }: { key: string; service: UploadService },
) {
  if (refusal !== 'IN_PROGRESS') await service.store.remove([key]);
  logNote(`The upload is not processed: its photo is ${refusal}.`, { photoId });
}

/** The uploaded file, or the error of one that is too large; undefined when it does not exist. */
const readUpload = (key: string, { store, config }: PhotoService) =>
  store.get(key, config.maxUploadBytes).catch((error: unknown) => {
    if (error instanceof PhotoError) return error;
    throw error;
  });

/** Processes an upload and returns the callback that reports the outcome. */
async function processUpload(
  photoId: string,
  upload: StoredFile | PhotoError,
  service: PhotoService,
): Promise<Callback> {
  try {
    if (upload instanceof PhotoError) throw upload;
    await rejectSecondPhoto(photoId, upload, service);
    const { bytes, metadata } = upload;
    const crop = readCrop(metadata[CROP_METADATA]);
    const photo = await processPhoto({ photoId, crop, bytes, mayRunTwice: true }, service);
    return { type: 'photo.ready', photo };
  } catch (error) {
    if (!(error instanceof PhotoError)) throw error;
    noteFacts({ 'error.type': error.code });
    return { type: 'photo.failed', photoId, error: error.body };
  }
}

/**
 * A presigned POST can be used again with another photo until it expires. A variant URL never changes its content, so a second
 * photo is rejected once variants of the first exist. The same photo again means an interrupted run or a duplicate event.
 */
async function rejectSecondPhoto(
  photoId: string,
  { bytes }: StoredFile,
  { store, config: { folder, sizes, formats } }: PhotoService,
) {
  const [name, format] = [String(sizes[0]), formats[0] ?? 'webp'];
  const digest = await store.digestOf(imageFolder(photoId, folder) + variantFile({ name, format }));
  if (!digest || digest === contentDigest(photoId, bytes)) return;
  throw new PhotoError(
    'BAD_USER_INPUT',
    'This upload has already been used. Request another one and send the photo there.',
  );
}

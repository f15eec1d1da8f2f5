/** Direct uploads: S3 events, delivered by SQS. */
import { MAX_CLAIM_LENGTH } from '../../contract/callbacks.ts';
import { temporaryKey, UUID } from '../../contract/keys.ts';
import type { FunctionConfig } from '../config.ts';
import { logFault, logNote } from '../log.ts';
import { type ArrivedUpload, finishUpload, type UploadService } from '../process-upload.ts';
import { type ObjectEvent, readS3Event } from './s3-event.ts';

/** The fields of the event that are used. @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface QueueEvent {
  Records: readonly { messageId: string; body: string }[];
}

/** Messages to be redelivered (`ReportBatchItemFailures`); all others are deleted. */
export interface QueueAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

/** ms that the largest photo and its callback may take; with less left, no upload is started. */
const UPLOAD_TIMEOUT_MS = 10_000;

/**
 * Finishes every upload of every message, one after the other: two at once would need twice the memory and be no faster on the
 * one processor of the function.
 *
 * A message fails because of an internal error or because it is invalid; after several attempts it goes to the dead-letter queue.
 */
export async function answerQueue(event: QueueEvent, service: UploadService): Promise<QueueAnswer> {
  const batchItemFailures: QueueAnswer['batchItemFailures'] = [];
  for (const [at, { messageId, body }] of event.Records.entries()) {
    // The first is always tried: otherwise a function with a short timeout would never process anything.
    const isTooLate = at > 0 && Date.now() + UPLOAD_TIMEOUT_MS > service.deadline;
    if (isTooLate) logNote('No time is left for this message; it is redelivered.', { messageId });
    const isDone = !isTooLate && (await finishMessage(messageId, body, service));
    if (!isDone) batchItemFailures.push({ itemIdentifier: messageId });
  }
  return { batchItemFailures };
}

/** Whether every upload of a message is finished. A failure does not stop the others. */
async function finishMessage(messageId: string, body: string, service: UploadService) {
  let isDone = true;
  try {
    for (const upload of uploadsIn(readS3Event(body), messageId, service.config)) {
      await finishUpload(upload, service).catch((error) => {
        logFault(error, { messageId, photoId: upload.photoId });
        isDone = false;
      });
    }
  } catch (error) {
    logFault(error, { messageId });
    isDone = false;
  }
  return isDone;
}

/**
 * The uploads that a message reports. Other objects, such as our own variants, are skipped.
 *
 * Without a sequencer, the claim is the message id, which is the same for every delivery. An ETag would not do: the same photo
 * sent again would look like the same write, and be processed again.
 */
function uploadsIn(
  events: ObjectEvent[],
  messageId: string,
  { bucket, temporaryFolder }: FunctionConfig,
): ArrivedUpload[] {
  return events.flatMap(({ name, bucket: where, key, sequencer = messageId }) => {
    const photoId = key.slice(temporaryFolder.length);
    const isUpload =
      name.startsWith('ObjectCreated:') &&
      where === bucket &&
      UUID.test(photoId) &&
      key === temporaryKey(photoId, temporaryFolder);
    if (!isUpload) logNote(`${name} is not an upload and is ignored.`, { key });
    return isUpload ? [{ photoId, claim: sequencer.slice(0, MAX_CLAIM_LENGTH) }] : [];
  });
}

/** The answer-later entry: SQS hands over what S3 said about direct uploads. */
import { MAX_CLAIM_LENGTH } from '../../contract/callbacks.ts';
import { temporaryKey, UUID } from '../../contract/keys.ts';
import type { FunctionConfig } from '../config.ts';
import { logFault, logNote } from '../log.ts';
import { type ArrivedUpload, finishUpload, type UploadService } from '../process-upload.ts';
import { type ObjectEvent, readS3Event } from './s3-event.ts';

/** What is read of the event. @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface QueueEvent {
  Records: readonly { messageId: string; body: string }[];
}

/** The messages that shall come again (`ReportBatchItemFailures`); all others are done with. */
export interface QueueAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

/** ms that the largest photo and its callback may take; with less left none is begun. */
const TIME_OF_ONE = 10_000;

/**
 * Finishes every upload of every message, one after the other: two at once would need twice the memory, and a
 * function's one processor would be no faster.
 *
 * A message fails by our fault, or because it cannot be read: that one ends in the dead-letter queue, before a person.
 */
export async function answerQueue(event: QueueEvent, service: UploadService): Promise<QueueAnswer> {
  const batchItemFailures: QueueAnswer['batchItemFailures'] = [];
  for (const [at, { messageId, body }] of event.Records.entries()) {
    // The first is always tried, else a function with little time would never do anything.
    const isTooLate = at > 0 && Date.now() + TIME_OF_ONE > service.deadline;
    if (isTooLate) logNote('There is no time left for this message.', { messageId });
    const isDone = !isTooLate && (await finishMessage(messageId, body, service));
    if (!isDone) batchItemFailures.push({ itemIdentifier: messageId });
  }
  return { batchItemFailures };
}

/** Whether all of a message is done. One upload that fails does not keep the others waiting. */
async function finishMessage(messageId: string, body: string, service: UploadService) {
  let isDone = true;
  try {
    for (const upload of uploadsIn(readS3Event(body), messageId, service.options)) {
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
 * The uploads that a message reports. Other objects, our own variants to begin with, are skipped.
 *
 * A store that sends no sequencer is claimed by the id of the message, which is the same for each delivery. Not by the ETag: the
 * same photo sent again would look like the same write, and be processed again.
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
    if (!isUpload) logNote(`${name} is of no upload and passed over.`, { key });
    return isUpload ? [{ photoId, claim: sequencer.slice(0, MAX_CLAIM_LENGTH) }] : [];
  });
}

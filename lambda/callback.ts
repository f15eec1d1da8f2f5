/** The two callbacks of a direct upload: one claims it before the work, one tells what became of it. */
import type { Callback, ClaimRefusal, UploadStarted } from '../contract/callbacks.ts';
import type { CallbackConfig } from './config.ts';
import { notTaken, sendWebhook } from './webhook.ts';

/**
 * Delivers what became of an upload.
 *
 * @param deadline ms since 1970 after which no attempt begins or goes on
 * @throws when it was not taken; that is our fault, never the photo's
 */
export async function deliverCallback(
  callback: Callback,
  options: CallbackConfig,
  deadline: number,
): Promise<void> {
  const { status, attempt } = await sendWebhook(callback, options, deadline);
  if (status < 200 || status > 299) throw notTaken(attempt, `Status ${status}`);
}

/**
 * Asks the API whether an upload is to be processed.
 *
 * @param deadline ms since 1970 after which no attempt begins or goes on
 * @returns why not; undefined when it is
 * @throws when the API neither grants nor refuses it
 */
export async function claimUpload(
  claim: Omit<UploadStarted, 'type'>,
  options: CallbackConfig,
  deadline: number,
): Promise<ClaimRefusal['photo'] | undefined> {
  const { status, body, attempt } = await sendWebhook(
    { type: 'photo.started', ...claim },
    options,
    deadline,
  );
  if (status >= 200 && status < 300) return undefined;
  const photo = status === 409 ? readRefusal(body) : undefined;
  if (photo) return photo;
  throw notTaken(attempt, `Status ${status}`);
}

function readRefusal(body: string): ClaimRefusal['photo'] | undefined {
  try {
    const { photo } = Object(JSON.parse(body));
    return (['IN_PROGRESS', 'FINAL', 'UNKNOWN'] as const).find((one) => one === photo);
  } catch {
    return undefined;
  }
}

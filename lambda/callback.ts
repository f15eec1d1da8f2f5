/** The callbacks of a direct upload: one claims it before processing, one reports the outcome. */
import type { Callback, ClaimRefusal, UploadStarted } from '../contract/callbacks.ts';
import type { CallbackConfig } from './config.ts';
import { deliveryFailed, sendWebhook } from './webhook.ts';

/**
 * Reports the outcome of an upload.
 *
 * @param deadline ms since 1970 at which every attempt ends
 * @throws when it was not accepted, which is our fault and never the photo's
 */
export async function deliverCallback(
  callback: Callback,
  options: CallbackConfig,
  deadline: number,
): Promise<void> {
  const { status, attempt } = await sendWebhook(callback, options, deadline);
  if (status < 200 || status > 299) throw deliveryFailed(attempt, `Status ${status}`);
}

/**
 * Claims an upload at the API before it is processed.
 *
 * @param deadline ms since 1970 at which every attempt ends
 * @returns why it must not be processed; undefined when the claim is granted
 * @throws when the API neither grants nor refuses the claim
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
  throw deliveryFailed(attempt, `Status ${status}`);
}

function readRefusal(body: string): ClaimRefusal['photo'] | undefined {
  try {
    const { photo } = Object(JSON.parse(body));
    return (['IN_PROGRESS', 'FINAL', 'UNKNOWN'] as const).find((one) => one === photo);
  } catch {
    return undefined;
  }
}

/** Sends callbacks about direct uploads to the API. */
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { type Callback, callbackId } from '../contract/callbacks.ts';
import { traceHeader } from '../contract/spans.ts';
import type { CallbackConfig } from './config.ts';

/** About 4 s in total while the API refuses connections: enough to survive its restart. */
const ATTEMPTS = 4;
/** ms; the API only writes a row. */
const ATTEMPT_TIMEOUT_MS = 5_000;
/** ms before the second attempt; doubled for each further one. */
const FIRST_DELAY_MS = 500;

/** A response that another attempt would not change. */
export interface WebhookAnswer {
  status: number;
  body: string;
  /** Number of attempts it took. */
  attempt: number;
}

/** Whether another attempt may succeed. */
const isRetryable = (status: number) => status >= 500 || [408, 429].includes(status);

/**
 * Sends a callback, signed as Standard Webhooks specifies, and retries it with back-off.
 *
 * @param deadline ms since 1970 at which every attempt ends
 * @throws when there was no final response in time, which is our fault and never the photo's
 */
export async function sendWebhook(
  callback: Callback,
  options: CallbackConfig,
  deadline: number,
): Promise<WebhookAnswer> {
  for (let attempt = 1; ; attempt++) {
    const until = Math.min(Date.now() + ATTEMPT_TIMEOUT_MS, deadline);
    const { answer, reason } = await post(callback, options, until);
    if (answer && !isRetryable(answer.status)) return { ...answer, attempt };
    const delayMs = delayAfter(attempt);
    if (attempt === ATTEMPTS || Date.now() + delayMs >= deadline) {
      throw deliveryFailed(attempt, reason ?? `Status ${answer?.status}`);
    }
    await delay(delayMs);
  }
}

export const deliveryFailed = (attempt: number, cause: unknown) =>
  new Error(`The callback could not be delivered (attempt ${attempt}).`, { cause });

/** ms, with jitter: functions that failed together must not retry together. */
const delayAfter = (attempt: number) =>
  FIRST_DELAY_MS * 2 ** (attempt - 1) * (1 - Math.random() / 3);

interface Outcome {
  answer?: { status: number; body: string };
  /** Why there is no response. */
  reason?: unknown;
}

async function post(
  callback: Callback,
  { url, secrets }: CallbackConfig,
  deadline: number,
): Promise<Outcome> {
  const body = JSON.stringify(callback);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...sign(callbackId(callback), body, secrets),
        ...traceHeader(),
      },
      body,
      // A signed callback is meant for this URL only.
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(deadline - Date.now(), 0)),
    });
    return { answer: { status: answer.status, body: await answer.text() } };
  } catch (reason) {
    return { reason };
  }
}

/** Each attempt has its own timestamp: receivers reject old signatures. */
function sign(id: string, body: string, secrets: readonly string[]) {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}

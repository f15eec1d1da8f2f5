/** Tells the API what became of a direct upload. */
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { type Callback, callbackId } from './contract.ts';
import type { CallbackOptions } from './options.ts';
import { traceHeader } from './spans.ts';

/** With the pauses between them some 4 s when nobody listens: a restart of the API is survived. */
const ATTEMPTS = 4;
/** ms; the API only writes a row. */
const ATTEMPT_TIME = 5_000;
/** ms before the second attempt; twice as long before each after. */
const FIRST_PAUSE = 500;

/** Why an attempt failed, and whether the next may do better. */
interface Refusal {
  reason: unknown;
  isPassing: boolean;
}

/**
 * Delivers a callback, signed as Standard Webhooks describe, and tries again while that may help.
 *
 * @param deadline ms since 1970 after which no attempt begins or goes on
 * @throws when it was not taken; that is our fault, never the photo's
 */
export async function deliverCallback(
  callback: Callback,
  options: CallbackOptions,
  deadline: number,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const refusal = await post(callback, options, Math.min(Date.now() + ATTEMPT_TIME, deadline));
    if (!refusal) return;
    const pause = pauseAfter(attempt);
    if (!refusal.isPassing || attempt === ATTEMPTS || Date.now() + pause >= deadline) {
      throw new Error(`The callback was not taken (attempt ${attempt}).`, {
        cause: refusal.reason,
      });
    }
    await delay(pause);
  }
}

/** ms, the last third by chance: functions that failed together do not come back together. */
const pauseAfter = (attempt: number) => FIRST_PAUSE * 2 ** (attempt - 1) * (1 - Math.random() / 3);

async function post(
  callback: Callback,
  { url, secrets }: CallbackOptions,
  deadline: number,
): Promise<Refusal | undefined> {
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
      // The signed facts are for this address alone.
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(deadline - Date.now(), 0)),
    });
    await answer.body?.cancel();
    const { ok, status } = answer;
    if (ok) return undefined;
    return { reason: `Status ${status}`, isPassing: status >= 500 || [408, 429].includes(status) };
  } catch (reason) {
    return { reason, isPassing: true };
  }
}

/** The time is the attempt's own: receivers refuse what was signed minutes ago. */
function sign(id: string, body: string, secrets: readonly string[]) {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}

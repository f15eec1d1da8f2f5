/** Sends the API facts about direct uploads. */
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { type Callback, callbackId } from '../contract/callbacks.ts';
import type { CallbackConfig } from './config.ts';
import { traceHeader } from './spans.ts';

/** With the pauses between them some 4 s when nobody listens: a restart of the API is survived. */
const ATTEMPTS = 4;
/** ms; the API only writes a row. */
const ATTEMPT_TIME = 5_000;
/** ms before the second attempt; twice as long before each after. */
const FIRST_PAUSE = 500;

/** An answer that another attempt would not change. */
export interface WebhookAnswer {
  status: number;
  body: string;
  /** How many attempts it took. */
  attempt: number;
}

/** Answers that say that the next attempt may do better. */
const isPassing = (status: number) => status >= 500 || [408, 429].includes(status);

/**
 * Sends a callback, signed as Standard Webhooks describe, and tries again while that may help.
 *
 * @param deadline ms since 1970 after which no attempt begins or goes on
 * @throws when nobody took or refused it in time; that is our fault, never the photo's
 */
export async function sendWebhook(
  callback: Callback,
  options: CallbackConfig,
  deadline: number,
): Promise<WebhookAnswer> {
  for (let attempt = 1; ; attempt++) {
    const until = Math.min(Date.now() + ATTEMPT_TIME, deadline);
    const { answer, reason } = await post(callback, options, until);
    if (answer && !isPassing(answer.status)) return { ...answer, attempt };
    const pause = pauseAfter(attempt);
    if (attempt === ATTEMPTS || Date.now() + pause >= deadline) {
      throw notTaken(attempt, reason ?? `Status ${answer?.status}`);
    }
    await delay(pause);
  }
}

export const notTaken = (attempt: number, cause: unknown) =>
  new Error(`The callback was not taken (attempt ${attempt}).`, { cause });

/** ms, the last third by chance: functions that failed together do not come back together. */
const pauseAfter = (attempt: number) => FIRST_PAUSE * 2 ** (attempt - 1) * (1 - Math.random() / 3);

interface Outcome {
  answer?: { status: number; body: string };
  /** Why there is no answer. */
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
      // The signed facts are for this address alone.
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(deadline - Date.now(), 0)),
    });
    return { answer: { status: answer.status, body: await answer.text() } };
  } catch (reason) {
    return { reason };
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

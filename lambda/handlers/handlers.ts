import { readConfig } from '../config.ts';
import { readCredentials } from '../credentials.ts';
import { openStore } from '../store.ts';
import { answerHttp, type HttpEvent } from './http.ts';
import { answerQueue, type QueueAnswer, type QueueEvent } from './sqs.ts';

/** What Lambda says about a call. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/** ms a call may take where nobody says so. */
const USUAL_TIME = 28_000;

/** The function as one environment makes it; throws when a setting is impossible. */
export function defineHandlers(env: NodeJS.ProcessEnv) {
  const options = readConfig(env);
  const store = openStore(options, readCredentials(env));
  const { tracing } = options;
  // Only now, and only for who wants it: every photo waits for what a cold start loads.
  const sending = tracing && import('../tracing.ts').then((sdk) => sdk.startTracing(tracing));

  async function traced<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const send = await sending;
    return work().finally(send);
  }

  return {
    http: (event: HttpEvent) => traced(() => answerHttp(event, { store, options })),

    async queue(event: QueueEvent, context?: Context): Promise<QueueAnswer> {
      const { callback } = options;
      if (!callback) {
        throw new Error(
          'Set CALLBACK_URL and CALLBACK_SECRET: the queue would have nobody to tell.',
        );
      }
      const deadline = Date.now() + (context?.getRemainingTimeInMillis() ?? USUAL_TIME);
      return traced(() => answerQueue(event, { store, options, callback, deadline }));
    },
  };
}

import { readConfig } from '../config.ts';
import { readCredentials } from '../credentials.ts';
import { openStore } from '../store.ts';
import { answerHttp, type HttpEvent } from './http.ts';
import { answerQueue, type QueueAnswer, type QueueEvent } from './sqs.ts';

/** Lambda's context object. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/** ms of an invocation without a context, as in tests. */
const DEFAULT_TIMEOUT_MS = 28_000;

/**
 * Creates the handlers for an environment.
 *
 * @throws when a setting is invalid
 */
export function defineHandlers(env: NodeJS.ProcessEnv) {
  const config = readConfig(env);
  const store = openStore(config, readCredentials(env));
  const { tracing } = config;
  // Loaded only when configured: it would lengthen every cold start.
  const sending = tracing && import('../tracing.ts').then((sdk) => sdk.startTracing(tracing));

  async function traced<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const send = await sending;
    return work().finally(send);
  }

  return {
    http: (event: HttpEvent) => traced(() => answerHttp(event, { store, config })),

    async queue(event: QueueEvent, context?: Context): Promise<QueueAnswer> {
      const { callback } = config;
      if (!callback) {
        throw new Error(
          'Set CALLBACK_URL and CALLBACK_SECRET: outcomes of direct uploads are reported there.',
        );
      }
      const deadline = Date.now() + (context?.getRemainingTimeInMillis() ?? DEFAULT_TIMEOUT_MS);
      return traced(() => answerQueue(event, { store, config, callback, deadline }));
    },
  };
}

import { answerHttp, type HttpEvent } from './http.ts';
import { readOptions } from './options.ts';
import { openStore } from './store.ts';

/** The function as one environment makes it; throws when a setting is impossible. */
export function defineHandlers(env: NodeJS.ProcessEnv) {
  const options = readOptions(env);
  const store = openStore(options);
  return {
    http: (event: HttpEvent) => answerHttp(event, { store, options }),
  };
}

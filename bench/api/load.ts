/** Generates load on a server, with autocannon. */
import autocannon, { type Options, type Result } from 'autocannon';

/** s without a response after which a request counts as failed. */
const TIMEOUT_S = 20;
/** ms between two checks whether the load is over. autocannon's default is 1,000. */
const SAMPLE_INTERVAL_MS = 100;

export interface Load {
  url: string;
  /** Tokens of the users who send the requests; each connection is one of them, in turn. */
  tokens: readonly string[];
  /** Connections, each with one request in flight. */
  clients: number;
  /** Returns the body of the next request. */
  body: () => string;
  /** When the load ends: after a time, s, dropping requests in flight; or with the response to the last of a number of requests. */
  until: { seconds: number } | { requests: number };
}

/** @throws Error after the load if any response was missing or wrong: a fast rejection must not look like speed */
export async function load({ url, tokens, clients, body, until }: Load) {
  let example = '';
  let connections = 0;
  const { times, elapsed, result } = await run({
    url,
    connections: clients,
    timeout: TIMEOUT_S,
    sampleInt: SAMPLE_INTERVAL_MS,
    ...('seconds' in until
      ? { duration: until.seconds }
      : { amount: Math.max(until.requests, clients) }),
    requests: [{ method: 'POST', setupRequest: (request) => ({ ...request, body: body() }) }],
    setupClient: (client) =>
      client.setHeaders({
        'content-type': 'application/json',
        authorization: `Bearer ${tokens[connections++ % tokens.length]}`,
      }),
    verifyBody: (text) => {
      if (isExpected(String(text))) return true;
      example ||= String(text).slice(0, 300);
      return false;
    },
  });
  const { errors, non2xx, mismatches } = result;
  if (errors + non2xx + mismatches === 0) return { times, elapsed };
  throw new Error(
    `${url}: ${errors} requests failed, ${non2xx} were rejected, ${mismatches} got a wrong body. ${example}`,
  );
}

/** Every query of this benchmark selects `displayName`. */
const isExpected = (text: string) => text.includes('displayName') && !text.includes('"errors"');

/**
 * Runs autocannon, and keeps every response time: its own percentiles are whole milliseconds, and of one run.
 *
 * @returns ms of each response, s from the first request to the last response, and autocannon's result
 */
async function run(options: Options) {
  const times: number[] = [];
  const begun = performance.now();
  let ended = begun;
  const result = await new Promise<Result>((resolve, reject) => {
    const instance = autocannon(options, (error, value) =>
      error ? reject(error) : resolve(value),
    );
    instance.on('response', (...[, , , ms]) => {
      times.push(ms);
      ended = performance.now();
    });
  });
  return { times, elapsed: (ended - begun) / 1000, result };
}

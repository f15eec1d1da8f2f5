import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { API_PATHS } from '../../../contract/routes.ts';

/** Checks a required dependency; throws when it is unavailable. */
export type Check = (signal: AbortSignal) => Promise<unknown>;

/** Load balancers check every few seconds; a slower dependency counts as down. */
const TIMEOUT_MS = 2_000;

/** A state that needs attention but does not affect requests. */
type Detail = (signal: AbortSignal) => Promise<string>;

interface Health {
  checks: Record<string, Check>;
  /** Reported beside the checks, `unknown` on failure; never makes the process unready. */
  details: Record<string, Detail>;
}

/** `/healthz`: the process is alive. `/readyz`: all dependencies are available, else 503. */
export function addHealth(server: FastifyInstance, { checks, details }: Health) {
  server.get('/healthz', async () => ({ status: 'ok' }));

  server.get(API_PATHS.ready, async (request, reply) => {
    const [results, states] = await Promise.all([
      readAll(checks, (check, name) => run(check, name, request.log)),
      readAll(details, async (read) => (await withTimeout(read)).value ?? 'unknown'),
    ]);
    const isReady = Object.values(results).every((state) => state === 'ok');
    reply.code(isReady ? 200 : 503);
    return { status: isReady ? 'ok' : 'down', checks: results, ...states };
  });
}

/** Runs concurrently. */
async function readAll<T>(
  parts: Record<string, T>,
  read: (part: T, name: string) => Promise<string>,
): Promise<Record<string, string>> {
  const entries = Object.entries(parts).map(async ([name, part]) => [name, await read(part, name)]);
  return Object.fromEntries(await Promise.all(entries));
}

async function run(check: Check, name: string, log: FastifyBaseLogger) {
  const { error } = await withTimeout(check);
  if (error) log.warn({ err: error }, `${name} is down`);
  return error ? 'down' : 'ok';
}

async function withTimeout<T>(work: (signal: AbortSignal) => Promise<T>) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const timeout = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    return { value: await Promise.race([work(signal), timeout]) };
  } catch (error) {
    return { error };
  }
}

import type { FastifyInstance } from 'fastify';
import { API_PATHS } from '../../lambda/contract.ts';

/** Something the product cannot do without; throws when it is not there. */
export type Check = (signal: AbortSignal) => Promise<unknown>;

/** A load balancer asks every few seconds; what takes longer than this is down for its users too. */
const TIMEOUT_MS = 2_000;

/** `/healthz`: this process is alive. `/readyz`: so is each thing it depends on, else 503. */
export function addHealth(server: FastifyInstance, checks: Record<string, Check>) {
  server.get('/healthz', async () => ({ status: 'ok' }));

  server.get(API_PATHS.ready, async (request, reply) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const error = await failure(check);
        if (error) request.log.warn({ err: error }, `${name} is down`);
        return [name, error ? 'down' : 'ok'] as const;
      }),
    );
    const isReady = results.every(([, state]) => state === 'ok');
    reply.code(isReady ? 200 : 503);
    return { status: isReady ? 'ok' : 'down', checks: Object.fromEntries(results) };
  });
}

async function failure(check: Check): Promise<unknown> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const timeout = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    await Promise.race([check(signal), timeout]);
    return undefined;
  } catch (error) {
    return error;
  }
}

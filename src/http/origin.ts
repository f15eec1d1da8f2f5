import type { FastifyInstance } from 'fastify';
import type { AppConfig } from '../config.ts';
import { PublicError } from '../errors.ts';
import { sendError } from './plugins/body-limits.ts';

/**
 * Rejects WebSockets opened by pages of other origins: CORS does not apply to WebSockets, so any page can connect.
 * Clients other than browsers send no Origin.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-10.2
 */
export function checkOrigin(scope: FastifyInstance, { corsOrigins }: AppConfig) {
  scope.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (!request.ws || origin === undefined) return done();
    if (corsOrigins.includes(origin) || isSame(origin, request.host)) return done();
    const message = `WebSockets are not accepted from pages of ${JSON.stringify(origin)}. Add this origin to CORS_ORIGINS to allow it.`;
    sendError(reply, new PublicError('FORBIDDEN', message));
  });
}

/** @param host as the viewer sent it, from X-Forwarded-Host behind a trusted proxy; the scheme may differ, where a proxy terminates TLS */
function isSame(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  return Boolean(page?.host) && page?.host === URL.parse(`${page?.protocol}//${host}`)?.host;
}

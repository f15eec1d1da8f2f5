import { type Context, context, SpanKind, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { API_PATHS, CALLBACK_PATH } from '../../../contract/routes.ts';
import { parentOf, startSpan } from '../../../contract/spans.ts';

/** Traced routes; frequent health checks would be noise. */
const TRACED: readonly (string | undefined)[] = [API_PATHS.graphql, CALLBACK_PATH];

/** Starts a span per request, in the caller's trace if `traceparent` is present, as the parent of the work it causes. */
export function addTracing(server: FastifyInstance) {
  const contexts = new WeakMap<FastifyRequest, Context>();

  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url;
    // A WebSocket stays open as long as its page.
    if (!TRACED.includes(route) || request.headers.upgrade) return done();
    const parent = parentOf(request.headers.traceparent);
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'portrait.request.id': request.id,
    };
    const span = startSpan(
      `${request.method} ${route}`,
      { kind: SpanKind.SERVER, attributes },
      parent,
    );
    reply.raw.once('close', () => {
      span.setAttribute('http.response.status_code', reply.statusCode);
      span.end();
    });
    contexts.set(request, trace.setSpan(parent, span));
    context.with(trace.setSpan(parent, span), done);
  });

  // The events of reading a body run outside the trace context; later hooks must run inside it again.
  server.addHook('preHandler', (request, _reply, done) => {
    context.with(contexts.get(request) ?? context.active(), done);
  });
}

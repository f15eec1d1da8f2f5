import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** The parent context from a W3C `traceparent` header. The caller's tracestate and baggage are ignored. */
export const parentOf = (traceparent: unknown) =>
  propagation.extract(ROOT_CONTEXT, { traceparent });

/** The header that propagates the current trace to the next service; empty without a trace. */
export function traceHeader(): { traceparent?: string } {
  const header = {};
  propagation.inject(context.active(), header);
  return header;
}

/** Log fields that link a line to the current trace. */
export const traceFacts = () => {
  const { traceId, spanId } = trace.getActiveSpan()?.spanContext() ?? {};
  return traceId === undefined ? {} : { traceId, spanId };
};

export const startSpan = (name: string, options: SpanOptions, parent = context.active()) =>
  trace.getTracer('portrait').startSpan(name, options, parent);

/** Runs work in a span of the current trace and records failure; never the data that was processed. */
export async function inSpan<Result>(
  name: string,
  work: () => Promise<Result>,
  options: SpanOptions = {},
): Promise<Result> {
  const span = startSpan(name, options);
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    noteFailure(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Records only the error's code or name: messages and stack traces may contain user input. */
export function noteFailure(span: Span, error: unknown) {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', String(code ?? name ?? 'Error'));
}

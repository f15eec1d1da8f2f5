import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** Where a trace goes on from: W3C Trace Context. What else a caller would have us carry along (tracestate, baggage) is left. */
export const parentOf = (traceparent: unknown) =>
  propagation.extract(ROOT_CONTEXT, { traceparent });

/** The header by which the next part joins this trace; none where nothing is traced. */
export function traceHeader(): { traceparent?: string } {
  const header = {};
  propagation.inject(context.active(), header);
  return header;
}

/** For the log: which trace a line belongs to. */
export const traceFacts = () => {
  const { traceId, spanId } = trace.getActiveSpan()?.spanContext() ?? {};
  return traceId === undefined ? {} : { traceId, spanId };
};

export const startSpan = (name: string, options: SpanOptions, parent = context.active()) =>
  trace.getTracer('portrait').startSpan(name, options, parent);

/** Does some work as a step of the trace under way, and notes whether it failed; nothing of what was worked on. */
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

/** By its code or kind alone: messages and traces of errors may repeat what somebody sent. */
export function noteFailure(span: Span, error: unknown) {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', String(code ?? name ?? 'Error'));
}

/** Trace spans of the API and the function. Without a registered provider all of this does nothing. */
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** The parent of a span: W3C Trace Context, from a header or object metadata. Tracestate and baggage are ignored. */
export const parentOf = (traceparent: unknown) =>
  propagation.extract(ROOT_CONTEXT, { traceparent });

/** The header that continues this trace in another service; empty without tracing. */
export function traceHeader(): { traceparent?: string } {
  const header = {};
  propagation.inject(context.active(), header);
  return header;
}

/** Sets attributes of the active span. */
export const noteFacts = (facts: Attributes) => trace.getActiveSpan()?.setAttributes(facts);

export const startSpan = (name: string, options: SpanOptions, parent = context.active()) =>
  trace.getTracer('portrait').startSpan(name, options, parent);

/** With the parent, if it is not the active span. */
interface InSpanOptions extends SpanOptions {
  parent?: Context;
}

/** Runs work in a span, and records its failure. */
export async function inSpan<Result>(
  name: string,
  work: () => Promise<Result>,
  { parent = context.active(), ...options }: InSpanOptions = {},
): Promise<Result> {
  const span = startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    noteFailure(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Records only the code or name of an error: messages and stack traces may contain user input. */
export function noteFailure(span: Span, error: unknown) {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', String(code ?? name ?? 'Error'));
}

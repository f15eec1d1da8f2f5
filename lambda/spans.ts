import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** The parent of a span: W3C Trace Context, from a header or object metadata. */
export const parentOf = (traceparent: string | undefined) =>
  propagation.extract(ROOT_CONTEXT, { traceparent });

/** The header that continues this trace in another service; empty without tracing. */
export function traceHeader(): { traceparent?: string } {
  const header = {};
  propagation.inject(context.active(), header);
  return header;
}

/** Sets attributes of the active span. */
export const noteFacts = (facts: Attributes) => trace.getActiveSpan()?.setAttributes(facts);

/** With the parent, if it is not the active span. */
interface InSpanOptions extends SpanOptions {
  parent?: Context;
}

/** Runs work in a span. A failure is recorded by the type of the error, never by its message. */
export async function inSpan<Result>(
  name: string,
  work: () => Promise<Result>,
  { parent = context.active(), ...options }: InSpanOptions = {},
): Promise<Result> {
  const span = trace.getTracer('portrait').startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    const { code, name: kind } = Object(error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute('error.type', String(code ?? kind));
    throw error;
  } finally {
    span.end();
  }
}

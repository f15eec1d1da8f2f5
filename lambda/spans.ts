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

/** Where a trace goes on from: W3C Trace Context, from a header or an object's metadata. */
export const parentOf = (traceparent: string | undefined) =>
  propagation.extract(ROOT_CONTEXT, { traceparent });

/** The header by which the next part joins this trace; none where nothing is traced. */
export function traceHeader(): { traceparent?: string } {
  const header = {};
  propagation.inject(context.active(), header);
  return header;
}

/** Of the step under way. */
export const noteFacts = (facts: Attributes) => trace.getActiveSpan()?.setAttributes(facts);

/** Beside what every span has: where it goes on from, when that is elsewhere. */
interface StepOptions extends SpanOptions {
  parent?: Context;
}

/** Does some work as a step of a trace, and notes how it failed: by the kind of error alone, never its words. */
export async function inSpan<Result>(
  name: string,
  work: () => Promise<Result>,
  { parent = context.active(), ...options }: StepOptions = {},
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

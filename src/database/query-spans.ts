import { DefaultLogger, type LogContext, type LoggerOptions } from '@mikro-orm/core';
import { SpanKind, trace } from '@opentelemetry/api';
import { inSpan, noteFailure, startSpan } from '../../contract/spans.ts';

const OPTIONS = { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } };

/** Runs a query in a span of the current trace, if any. The name has no values: `select users`. */
export const inQuery = <Result>(text: string, run: () => Promise<Result>) =>
  trace.getActiveSpan() ? inSpan(titleOf(text), run, OPTIONS) : run();

/** Records spans of MikroORM's queries, which it logs when they are done. */
export class QuerySpans extends DefaultLogger {
  override logQuery({ query = '', took, level }: LogContext) {
    // Begin and commit are not timed. Queries outside a trace are not recorded.
    if (took === undefined || !trace.getActiveSpan()) return;
    const span = startSpan(titleOf(query), { ...OPTIONS, startTime: Date.now() - took });
    if (level === 'error') noteFailure(span, {});
    span.end();
  }

  static override create(options: LoggerOptions) {
    return new QuerySpans(options);
  }
}

/** The verb and the table of a statement. */
function titleOf(text: string) {
  const [verb = ''] = /^\s*(\w+)/.exec(text) ?? [];
  const [, table = ''] = /\b(?:from|into|update)\s+"?(\w+)/i.exec(text) ?? [];
  return `${verb.trim().toLowerCase()} ${table}`.trim();
}

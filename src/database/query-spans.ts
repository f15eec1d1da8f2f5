import { DefaultLogger, type LogContext, type LoggerOptions } from '@mikro-orm/core';
import { SpanKind, trace } from '@opentelemetry/api';
import { inSpan, noteFailure, startSpan } from '../spans.ts';

const OPTIONS = { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } };

/** Asks the database, as a step of the trace under way, if there is one: `select users`, never with a value. */
export const inQuery = <Result>(text: string, ask: () => Promise<Result>) =>
  trace.getActiveSpan() ? inSpan(titleOf(text), ask, OPTIONS) : ask();

/** What MikroORM asks; it tells of each query when that is done. */
export class QuerySpans extends DefaultLogger {
  override logQuery({ query = '', took, level }: LogContext) {
    // What begins and ends transactions is not timed, and what belongs to nobody is not to be looked for.
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

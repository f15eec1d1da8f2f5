/**
 * Sends the values of MikroORM's statements as bind parameters (ADR 0016). MikroORM 7.2.1 writes them into the text, where
 * e-mail addresses and password hashes reach everything that records statements: PostgreSQL's log, `pg_stat_activity`,
 * `auto_explain`.
 *
 * @see https://github.com/mikro-orm/mikro-orm/issues/8001
 */
import { JsonProperty } from '@mikro-orm/core';
import {
  type AnyEntity,
  type Configuration,
  type Dictionary,
  type EntityData,
  isRaw,
  NativeQueryBuilder,
  type Platform,
  PostgreSqlConnection,
  PostgreSqlDriver,
  type QueryResult,
  raw,
  Utils,
} from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';
import { withoutValues } from './redact-errors.ts';

/** MikroORM's PostgreSQL driver, on a connection that uses bind parameters. */
export class BindingDriver extends PostgreSqlDriver {
  constructor(config: Configuration) {
    super(config);
    Object.assign(this, { connection: new BindingConnection(this.config) });
  }

  /** PostgreSQL's errors quote the rejected row, which MikroORM would add to the message. */
  override convertException(exception: Error) {
    return super.convertException(withoutValues(exception));
  }
}

type Rows = QueryResult | EntityData<AnyEntity> | EntityData<AnyEntity>[];

class BindingConnection extends PostgreSqlConnection {
  override async execute<T extends Rows = EntityData<AnyEntity>[]>(
    ...[query, params = [], method, ctx, loggerContext]: Parameters<PostgreSqlConnection['execute']>
  ): Promise<T> {
    await this.ensureConnection();
    const { sql, values } = bind(toRaw(query, params), this.platform);
    // MikroORM also passes the abort signal of `em.fork({ signal })` here; the logger must not get it.
    const { signal, inflightQueryAbortStrategy, ...context } = { ...loggerContext } as Dictionary;
    const compiled = CompiledQuery.raw(sql, values);
    const ask = async () => {
      const abort = signal && { signal, inflightQueryAbortStrategy };
      const result = await (ctx ?? this.getClient()).executeQuery(compiled, abort);
      return this.transformRawResult<T>(result, method ?? 'all');
    };
    return this.executeQuery(sql, ask, context);
  }

  // Unused, and would write values into the text.
  override stream(): never {
    throw new Error('Streaming statements cannot use bind parameters; use em.execute.');
  }
}

interface Text {
  sql: string;
  params: readonly unknown[];
}

function toRaw(query: string | Text | NativeQueryBuilder, params: readonly unknown[] | Dictionary) {
  if (query instanceof NativeQueryBuilder) return query.toRaw();
  if (typeof query !== 'string') return query;
  // An object holds named parameters.
  return Array.isArray(params) ? { sql: query, params } : raw(query, params as Dictionary);
}

/** Replaces `?` by `$1`, `$2` …; identifiers (`??`) and the parts of nested fragments go into the text. */
function bind(text: Text, platform: Platform) {
  const values: unknown[] = [];

  function place(value: unknown): string {
    if (isRaw(value)) return write(value);
    // An array belongs to `in (…)`; values of array columns are already PostgreSQL literals.
    if (Array.isArray(value) && !isJson(value)) return value.map(place).join(', ');
    values.push(isJson(value) ? JSON.stringify(value) : value);
    return `$${values.length}`;
  }

  function write({ sql, params }: Text): string {
    // Without parameters the text is complete, and its question marks are operators, as in MikroORM itself.
    if (params.length === 0) return sql;
    const next = params[Symbol.iterator]();
    return sql.replaceAll(/\\\?|\?\??/g, (mark) => {
      if (mark === '\\?') return '?';
      const { value } = next.next();
      return mark === '??' ? platform.quoteIdentifier(value as string) : place(value);
    });
  }

  return { sql: write(text), values };
}

const isJson = (value: unknown): boolean =>
  Utils.isPlainObject(value) || (Object(value) as { [JsonProperty]?: true })[JsonProperty] === true;

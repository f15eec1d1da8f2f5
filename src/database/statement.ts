import pg, { type QueryConfig, type QueryResult } from 'pg';
import { inQuery } from './query-spans.ts';

/** What PostgreSQL is asked: the values stand apart from the text. */
export interface Statement {
  /** Written in full by us: few different ones, since each is kept by every connection. */
  text: string;
  values: unknown[];
  /** For a text whose best plan depends on its values: planned each time, and not kept. */
  isPlannedEachTime?: boolean;
}

/** The pool, or a caller's share of it (shares.ts). */
export interface Reader {
  query(statement: QueryConfig): Promise<QueryResult>;
}

/**
 * Plain rows of a reading statement, on any free connection. Each connection has PostgreSQL parse a text once;
 * later only its name and the values travel.
 */
export async function readRows<Row>(
  pool: Reader,
  { text, values, isPlannedEachTime = false }: Statement,
): Promise<Row[]> {
  const name = isPlannedEachTime ? {} : { name: nameOf(text) };
  // pg's own types: MikroORM's pool would answer moments as text.
  const ask = () => pool.query({ ...name, text, values, types: pg.types });
  return (await inQuery(text, ask)).rows;
}

const names = new Map<string, string>();

/** PostgreSQL cuts names after 63 bytes, so a text cannot be its own. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = `read_${names.size}`;
  names.set(text, name);
  return name;
}

/**
 * Columns of a table by the names of their fields: `users.first_name as "firstName"`.
 *
 * @param prefix before each name, where rows of two tables come as one
 */
export const columns = (table: string, fields: readonly string[], prefix = '') =>
  fields.map((field) => `${table}.${columnOf(field)} as "${prefix}${field}"`).join(', ');

const columnOf = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

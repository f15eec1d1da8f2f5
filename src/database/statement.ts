import pg, { type QueryConfig, type QueryResult } from 'pg';
import { inQuery } from './query-spans.ts';

/** A parameterized SQL statement. */
export interface Statement {
  /** SQL without user input: few distinct texts, since each is prepared on every connection. */
  text: string;
  values: unknown[];
  /** For a text whose best plan depends on its values: planned each time, not prepared. */
  isPlannedEachTime?: boolean;
}

/** The pool, or a caller's share of it (shares.ts). */
export interface Reader {
  query(statement: QueryConfig): Promise<QueryResult>;
}

/**
 * Returns the plain rows of a query, on any free connection. Each connection prepares a text once; later only its name
 * and the values are sent.
 */
export async function readRows<Row>(
  pool: Reader,
  { text, values, isPlannedEachTime = false }: Statement,
): Promise<Row[]> {
  const name = isPlannedEachTime ? {} : { name: nameOf(text) };
  // pg's own parsers: MikroORM's pool returns timestamps as text.
  const ask = () => pool.query({ ...name, text, values, types: pg.types });
  return (await inQuery(text, ask)).rows;
}

const names = new Map<string, string>();

/** PostgreSQL truncates names to 63 bytes, so a text cannot be its own name. */
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

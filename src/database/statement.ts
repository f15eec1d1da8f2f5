import pg, { type QueryConfig, type QueryResult } from 'pg';
import { inQuery } from './query-spans.ts';

/** A parameterized SQL statement. */
export interface Statement {
  /** SQL without user input. Few distinct texts, since each is prepared on every connection. */
  text: string;
  values: unknown[];
  /** Plans the statement each time instead of preparing it, because its best plan depends on the values. */
  isPlannedEachTime?: boolean;
}

/** The pool, or a caller's share of it (connection-shares.ts). */
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
  const run = () => pool.query({ ...name, text, values, types: pg.types });
  return (await inQuery(text, run)).rows;
}

const names = new Map<string, string>();

/** Names a prepared statement by hash: PostgreSQL truncates names to 63 bytes. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = `read_${names.size}`;
  names.set(text, name);
  return name;
}

/**
 * Select list of a table with the names of the entity's fields: `users.first_name as "firstName"`.
 *
 * @param prefix of each name, to tell the columns of joined tables apart
 */
export const columns = (table: string, fields: readonly string[], prefix = '') =>
  fields.map((field) => `${table}.${columnOf(field)} as "${prefix}${field}"`).join(', ');

const columnOf = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

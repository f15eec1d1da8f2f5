import pg from 'pg';

/** Somebody as Django knows them. */
export interface Person {
  id: string;
  username: string;
  email: string;
  /** `algorithm$…`, or `!…` for none. */
  password: string;
  firstName: string;
  lastName: string;
  isSuperuser: boolean;
  isActive: boolean;
  joined: Date | null;
  displayName: string;
  bio: string;
  /** Key or link of the picture; empty for none. */
  image: string;
}

/** Columns by the names that Django gives them. */
export const COLUMNS = {
  id: 'id',
  username: 'username',
  email: 'email',
  password: 'password',
  first_name: 'first_name',
  last_name: 'last_name',
  is_superuser: 'is_superuser',
  is_active: 'is_active',
  date_joined: 'date_joined',
  /** These of the table of profiles, where there is one; else of the users'. Django has none. */
  display_name: '',
  bio: '',
  image: '',
  /** Of the table of profiles. */
  user_id: 'user_id',
};
export type Columns = typeof COLUMNS;

export interface Tables {
  users: string;
  profiles: string | undefined;
  columns: Columns;
}

/** Rows read at a time. */
const PAGE = 500;

export type Source = Awaited<ReturnType<typeof openSource>>;

/** Django's tables, which are read and never written. */
export async function openSource(url: string, tables: Tables) {
  const client = new pg.Client({ connectionString: url, application_name: 'portrait-import' });
  await client.connect();
  await client.query('set default_transaction_read_only = on');
  const [about] = await rows<{ name: string; total: number }>(
    client,
    `select current_database() as name, count(*)::int as total from ${tableName(tables.users)}`,
  ).catch(async (error) => {
    await client.end();
    throw error;
  });

  return {
    /** Of the database. */
    name: about?.name ?? '',
    total: about?.total ?? 0,
    people: () => readPeople(client, tables),
    close: () => client.end(),
  };
}

/** Everybody, in the order of their ids. */
async function* readPeople(client: pg.Client, tables: Tables): AsyncGenerator<Person> {
  const id = `u.${pg.escapeIdentifier(tables.columns.id)}`;
  const select = `select ${selected(tables)} from ${tableName(tables.users)} u`;
  for (let last: string | undefined; ; ) {
    const after = last === undefined ? '' : `where ${id} > $1`;
    const page = await rows<Person>(
      client,
      `${select} ${after} order by ${id} limit ${PAGE}`,
      last === undefined ? [] : [last],
    );
    yield* page;
    last = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

function selected({ profiles, columns }: Tables): string {
  const column = (name: keyof Columns, absent: string) =>
    columns[name] ? `u.${pg.escapeIdentifier(columns[name])}` : absent;
  const text = (name: keyof Columns) => `coalesce(${column(name, "''")}::text, '')`;
  const ofProfile = (name: keyof Columns) => {
    if (!columns[name] || !profiles) return text(name);
    const [theirs, user] = [columns[name], columns.user_id].map(pg.escapeIdentifier);
    // Of several profiles of one person the same one each time.
    return `(select coalesce(max(p.${theirs}::text), '') from ${tableName(profiles)} p
      where p.${user} = ${column('id', '')})`;
  };
  return `${text('id')} as id, ${text('username')} as username, ${text('email')} as email,
    ${text('password')} as password, ${text('first_name')} as "firstName", ${text('last_name')} as "lastName",
    ${column('is_superuser', 'false')} as "isSuperuser", ${column('is_active', 'true')} as "isActive",
    ${column('date_joined', 'null::timestamptz')} as joined,
    ${ofProfile('display_name')} as "displayName", ${ofProfile('bio')} as bio, ${ofProfile('image')} as image`;
}

/** `table` or `schema.table`. */
const tableName = (name: string) => name.split('.').map(pg.escapeIdentifier).join('.');

async function rows<Row extends object>(
  client: pg.Client,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await client.query<Row>(text, values)).rows;
}

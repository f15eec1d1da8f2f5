import pg from 'pg';

/** A user in Django, with their profile. */
export interface DjangoUser {
  id: string;
  username: string;
  email: string;
  /** `algorithm$…`, or `!…` for an unusable password. */
  password: string;
  firstName: string;
  lastName: string;
  isSuperuser: boolean;
  isActive: boolean;
  joined: Date | null;
  displayName: string;
  bio: string;
  /** Name or URL of the image; empty for none. */
  image: string;
}

/** Column names, by Django's names. */
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
  /** In the table of profiles, if there is one, else in that of users. Django has none of them. */
  display_name: '',
  bio: '',
  image: '',
  /** In the table of profiles. */
  user_id: 'user_id',
};
export type Columns = typeof COLUMNS;

export interface Tables {
  users: string;
  profiles: string | undefined;
  columns: Columns;
}

/** Rows per query. */
const PAGE_SIZE = 500;

export type Source = Awaited<ReturnType<typeof openSource>>;

/** Opens Django's database in read-only mode. */
export async function openSource(url: string, tables: Tables) {
  const client = new pg.Client({ connectionString: url, application_name: 'portrait-import' });
  await client.connect();
  await client.query('set default_transaction_read_only = on');
  const [database] = await rows<{ name: string; total: number }>(
    client,
    `select current_database() as name, count(*)::int as total from ${tableName(tables.users)}`,
  ).catch(async (error) => {
    await client.end();
    throw error;
  });

  return {
    /** Name of the database. */
    name: database?.name ?? '',
    total: database?.total ?? 0,
    users: () => readUsers(client, tables),
    close: () => client.end(),
  };
}

/** Reads all users in the order of their ids, by keyset pagination. */
async function* readUsers(client: pg.Client, tables: Tables): AsyncGenerator<DjangoUser> {
  const id = `u.${pg.escapeIdentifier(tables.columns.id)}`;
  const select = `select ${selected(tables)} from ${tableName(tables.users)} u`;
  for (let last: string | undefined; ; ) {
    const after = last === undefined ? '' : `where ${id} > $1`;
    const page = await rows<DjangoUser>(
      client,
      `${select} ${after} order by ${id} limit ${PAGE_SIZE}`,
      last === undefined ? [] : [last],
    );
    yield* page;
    last = page.at(-1)?.id;
    if (page.length < PAGE_SIZE) return;
  }
}

function selected({ profiles, columns }: Tables): string {
  const column = (name: keyof Columns, absent: string) =>
    columns[name] ? `u.${pg.escapeIdentifier(columns[name])}` : absent;
  const text = (name: keyof Columns) => `coalesce(${column(name, "''")}::text, '')`;
  const ofProfile = (name: keyof Columns) => {
    if (!columns[name] || !profiles) return text(name);
    const [profileColumn, userId] = [columns[name], columns.user_id].map(pg.escapeIdentifier);
    // `max`: of several profiles of a user, always the same one.
    return `(select coalesce(max(p.${profileColumn}::text), '') from ${tableName(profiles)} p
      where p.${userId} = ${column('id', '')})`;
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

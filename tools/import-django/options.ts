import { parseArgs } from 'node:util';
import { COLUMNS, type Columns } from './source.ts';

export const USAGE = `npm run import -- --from postgres://user@host/database [options]
  --to http://127.0.0.1:4000       URL of Portrait; set ADMIN_EMAIL and ADMIN_PASSWORD of an admin
  --table auth_user                table of users
  --profile-table accounts_profile table of profiles, if it contains the image column
  --column image=avatar            column whose name differs from Django's; --column first_name= if there is none
  --bucket name/prefix             S3 bucket of the images, with the AWS credentials of this shell (S3_ENDPOINT, AWS_REGION)
  --media folder-or-url            or their folder, or their public base URL
  --superusers-are-admins          imports superusers as ADMIN; by default all users get the role USER
  --source name                    name of this source, if another one has a database of the same name
  --at-once 4                      images uploaded concurrently
  --dry-run                        prints what would be imported, changes nothing`;

/** Parses the command line. @throws Error that names the invalid option */
export function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: 'string' },
      to: { type: 'string', default: 'http://127.0.0.1:4000' },
      table: { type: 'string', default: 'auth_user' },
      'profile-table': { type: 'string' },
      column: { type: 'string', multiple: true, default: [] },
      bucket: { type: 'string' },
      media: { type: 'string' },
      source: { type: 'string' },
      'superusers-are-admins': { type: 'boolean', default: false },
      'at-once': { type: 'string', default: '4' },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const { from, bucket, media, table: users, 'profile-table': profiles } = values;
  if (!from || !/^postgres(ql)?:\/\//.test(from)) {
    throw new Error("--from must be the connection string of Django's database, postgres://…");
  }
  if (!/^https?:\/\//.test(values.to)) throw new Error('--to must be an http or https URL.');
  if (bucket && media) throw new Error('Set --bucket or --media, not both.');
  if (!/^([1-9]|[1-5]\d)$/.test(values['at-once']))
    throw new Error('--at-once must be from 1 to 59.');
  return {
    from,
    to: values.to.replace(/\/+$/, ''),
    tables: { users, profiles, columns: columnsOf(values.column, profiles ? 'image' : '') },
    images: { bucket, media },
    source: values.source,
    superusersAreAdmins: values['superusers-are-admins'],
    concurrency: Number(values['at-once']),
    isDryRun: values['dry-run'],
  };
}

function columnsOf(mappings: string[], image: string): Columns {
  const columns = { ...COLUMNS, image };
  for (const mapping of mappings) {
    const [name = '', column] = mapping.split('=', 2);
    if (column === undefined || !isColumn(name) || (name === 'id' && !column)) {
      throw new Error(
        `--column ${mapping}: the name must be one of ${Object.keys(COLUMNS).join(', ')}, as in image=avatar.`,
      );
    }
    columns[name] = column;
  }
  return columns;
}

const isColumn = (name: string): name is keyof Columns => Object.hasOwn(COLUMNS, name);

import { parseArgs } from 'node:util';
import { COLUMNS, type Columns } from './source.ts';

export const USAGE = `npm run import -- --from postgres://user@host/database [options]
  --to http://127.0.0.1:4000       the running Portrait; ADMIN_EMAIL, ADMIN_PASSWORD of one of its admins
  --table auth_user                users
  --profile-table accounts_profile profiles, where the image's column is not the users' own
  --column image=avatar            a column by another name than Django's; --column first_name= for none
  --bucket name/prefix             where images lie: S3, with the AWS credentials of this shell (S3_ENDPOINT, AWS_REGION),
  --media folder-or-address        or a folder, or the address below which they are public
  --superusers-are-admins          else everybody is a USER
  --source name                    of this source, when another had a database of the same name
  --at-once 4                      images
  --dry-run                        looks and tells, changes nothing`;

/** The command line as it is meant. @throws Error that says what is wrong with it */
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
    throw new Error("--from must be the address of Django's database, postgres://…");
  }
  if (!/^https?:\/\//.test(values.to)) throw new Error('--to must be an http or https address.');
  if (bucket && media) throw new Error('Images lie in a --bucket or below --media, not both.');
  if (!/^([1-9]|[1-5]\d)$/.test(values['at-once'])) throw new Error('--at-once goes from 1 to 59.');
  return {
    from,
    to: values.to.replace(/\/+$/, ''),
    tables: { users, profiles, columns: columnsOf(values.column, profiles ? 'image' : '') },
    places: { bucket, media },
    source: values.source,
    areAdmins: values['superusers-are-admins'],
    atOnce: Number(values['at-once']),
    isDryRun: values['dry-run'],
  };
}

function columnsOf(wishes: string[], image: string): Columns {
  const columns = { ...COLUMNS, image };
  for (const wish of wishes) {
    const [name = '', theirs] = wish.split('=', 2);
    if (theirs === undefined || !isColumn(name) || (name === 'id' && !theirs)) {
      throw new Error(
        `--column ${wish}: name one of ${Object.keys(COLUMNS).join(', ')}, as in image=avatar.`,
      );
    }
    columns[name] = theirs;
  }
  return columns;
}

const isColumn = (name: string): name is keyof Columns => Object.hasOwn(COLUMNS, name);

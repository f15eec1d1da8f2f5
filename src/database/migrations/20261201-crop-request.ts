import { Migration } from '@mikro-orm/migrations';

const STATEMENTS = [
  // Changes only the catalog; no row is rewritten.
  'alter table photos rename column wish to crop_request',

  // ADR 0052: instances of the former release read and write `wish` during a rollout and after a rollback. They read it only
  // of unfinished uploads. The next release drops it.
  `alter table photos add column wish text not null default 'attention'`,
  `update photos set wish = crop_request where status in ('AWAITING_UPLOAD', 'PROCESSING')`,
  `create function photos_copy_crop_request() returns trigger language plpgsql as $$
    begin
      if new.crop_request = 'attention' then
        new.crop_request := new.wish;
      else
        new.wish := new.crop_request;
      end if;
      return new;
    end $$`,
  // Neither column is ever updated.
  `create trigger photos_copy_crop_request before insert on photos
    for each row execute function photos_copy_crop_request()`,
];

/** Renames the column that holds the requested crop; both names work until the next release. */
export class CropRequest extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

import { Migration } from '@mikro-orm/migrations';

const STATEMENTS = [
  `alter table "photos"
    add column "content_type" text null,
    add column "wish" text not null default 'attention',
    add column "expires_at" timestamptz(3) null`,

  // The sweeper looks for the few that are under way, among very many that are not.
  `create index photos_under_way on photos (created_at) where status in ('AWAITING_UPLOAD', 'PROCESSING')`,
];

/** What a direct upload was allowed to be, and until when. */
export class DirectUpload extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

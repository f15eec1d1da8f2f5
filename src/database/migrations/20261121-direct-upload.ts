import { Migration } from '@mikro-orm/migrations';

const STATEMENTS = [
  `alter table "photos"
    add column "content_type" text null,
    add column "wish" text not null default 'attention',
    add column "expires_at" timestamptz(3) null`,

  // Recovery finds the few unfinished uploads among very many photos.
  `create index photos_under_way on photos (created_at) where status in ('AWAITING_UPLOAD', 'PROCESSING')`,
];

/** Constraints and expiry of direct uploads. */
export class DirectUpload extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

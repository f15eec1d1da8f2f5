import { Migration } from '@mikro-orm/migrations';

/** Which write of the object a direct upload is processed for; a nullable column, so no row is rewritten. */
export class UploadClaim extends Migration {
  override up(): void {
    this.addSql('alter table "photos" add column "claim" text null');
  }
}

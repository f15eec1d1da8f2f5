import { Migration } from '@mikro-orm/migrations';

/** The version of the object that a direct upload is processed for. A nullable column, so no row is rewritten. */
export class UploadClaim extends Migration {
  override up(): void {
    this.addSql('alter table "photos" add column "claim" text null');
  }
}

import { Migration } from '@mikro-orm/migrations';

/** Index of the few admins among very many users. */
export class Admins extends Migration {
  override up(): void {
    this.addSql(`create index users_admins on users (created_at, id) where role = 'ADMIN'`);
  }
}

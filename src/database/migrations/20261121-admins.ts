import { Migration } from '@mikro-orm/migrations';

/** Finds the few admins among very many users, newest first or all of them. */
export class Admins extends Migration {
  override up(): void {
    this.addSql(`create index users_admins on users (created_at, id) where role = 'ADMIN'`);
  }
}

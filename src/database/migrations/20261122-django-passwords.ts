import { Migration } from '@mikro-orm/migrations';

/** Index for the highest iteration count among Django hashes, read at each sign-in. */
export class DjangoPasswords extends Migration {
  override up(): void {
    this.addSql(
      `create index users_django_passwords on users ((split_part(password_hash, '$', 2)::int)) where password_hash like 'pbkdf2%'`,
    );
  }
}

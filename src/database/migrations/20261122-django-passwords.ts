import { Migration } from '@mikro-orm/migrations';

/** Finds at each sign-in what the passwords that came from Django cost, or that none is left. */
export class DjangoPasswords extends Migration {
  override up(): void {
    this.addSql(
      `create index users_django_passwords on users ((split_part(password_hash, '$', 2)::int)) where password_hash like 'pbkdf2%'`,
    );
  }
}

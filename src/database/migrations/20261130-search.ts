import { Migration } from '@mikro-orm/migrations';

const STATEMENTS = [
  'drop index users_search',
  `create index users_search on users
    using gin ((' ' || translate(username || ' ' || first_name || ' ' || last_name, '._-''', '    ')) gin_trgm_ops)`,
  // A new expression index has no statistics, which the planner needs for searches.
  'analyze users',
];

/** Search also by beginnings of words: in the searched text each word follows a space. */
export class Search extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

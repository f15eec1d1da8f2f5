import { Migration } from '@mikro-orm/migrations';

const STATEMENTS = [
  // Substring search by index. Part of every PostgreSQL distribution; the owner of a database may install it.
  `create extension if not exists pg_trgm`,
  `create table "users" (
    "id" uuid not null primary key,
    "username" text not null,
    "email" text not null,
    "password_hash" text null,
    "subject" text null constraint "users_subject_unique" unique,
    "first_name" text not null default '',
    "last_name" text not null default '',
    "role" text not null default 'USER' constraint "users_role_check" check ("role" in ('USER', 'ADMIN')),
    "tokens_valid_from" timestamptz(3) not null,
    "created_at" timestamptz(3) not null,
    "updated_at" timestamptz(3) not null
  )`,
  `create unique index users_username_unique on users (lower(username))`,
  `create unique index users_email_unique on users (lower(email))`,
  `create index "users_newest" on "users" ("created_at", "id")`,
  `create index users_search on users using gin ((username || ' ' || first_name || ' ' || last_name) gin_trgm_ops)`,

  `create table "profiles" (
    "id" uuid not null primary key,
    "user_id" uuid not null constraint "profiles_user_id_unique" unique
      constraint "profiles_user_id_foreign" references "users" ("id") on delete cascade,
    "display_name" text not null default '',
    "bio" text not null default '',
    "photo_id" uuid null constraint "profiles_photo_id_unique" unique
  )`,

  `create table "photos" (
    "id" uuid not null primary key,
    "profile_id" uuid not null
      constraint "photos_profile_id_foreign" references "profiles" ("id") on delete cascade,
    "status" text not null default 'PROCESSING' constraint "photos_status_check"
      check ("status" in ('AWAITING_UPLOAD', 'PROCESSING', 'READY', 'FAILED', 'EXPIRED')),
    "failure_code" text null,
    "failure_message" text null,
    "alt" text not null default '',
    "width" int null,
    "height" int null,
    "stored" jsonb not null,
    "thumb_hash" text null,
    "dominant_color" text null,
    "crop" jsonb null,
    "created_at" timestamptz(3) not null,
    "ready_at" timestamptz(3) null
  )`,
  `create index "photos_newest" on "photos" ("profile_id", "id")`,
  `alter table "profiles" add constraint "profiles_photo_id_foreign" foreign key ("photo_id") references "photos" ("id") on delete set null`,

  `create table "erased_subjects" (
    "hash" text not null primary key,
    "erased_at" timestamptz(3) not null
  )`,
];

/** Users, profiles, photos. */
export class Initial extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

import { Entity, Enum, Index, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { OptionalProps } from '@mikro-orm/postgresql';
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { v7 as uuid } from 'uuid';

export const Role = { USER: 'USER', ADMIN: 'ADMIN' } as const;
export type Role = keyof typeof Role;
registerEnumType(Role, {
  name: 'Role',
  description: 'Permissions of a user.',
  valuesConfig: {
    USER: { description: 'Can change only their own account and profile.' },
    ADMIN: { description: 'Can change every account and profile, and assign roles.' },
  },
});

/**
 * SQL condition for accounts that reserve their e-mail address: those that sign in with it, and those whose provider has
 * verified it. An address that is merely claimed stays available to others.
 */
export const RESERVES = '(email_verified or subject is null)';

/** A person with an account. Properties without `@Field` are private. */
@ObjectType({ simpleResolvers: true, description: 'A user account.' })
@Entity({ tableName: 'users' })
@Unique({
  name: 'users_username_unique',
  expression: 'create unique index users_username_unique on users (lower(username))',
})
@Unique({
  name: 'users_email_unique',
  expression: `create unique index users_email_unique on users (email_key) where ${RESERVES}`,
})
@Index({
  name: 'users_without_email_key',
  expression:
    'create index users_without_email_key on users (created_at, id) where email_key is null',
})
// Subjects are unique per provider only.
@Unique({ name: 'users_subject_unique', properties: ['issuer', 'subject'] })
@Index({
  name: 'users_without_issuer',
  expression:
    'create index users_without_issuer on users (id) where subject is not null and issuer is null',
})
@Index({
  name: 'users_search',
  expression:
    "create index users_search on users using gin ((' ' || translate(username || ' ' || first_name || ' ' || last_name, '._-''', '    ')) gin_trgm_ops)",
})
@Index({ name: 'users_newest', properties: ['createdAt', 'id'] })
@Index({
  name: 'users_django_passwords',
  expression:
    "create index users_django_passwords on users ((split_part(password_hash, '$', 2)::int)) where password_hash like 'pbkdf2%'",
})
@Index({
  name: 'users_admins',
  expression: "create index users_admins on users (created_at, id) where role = 'ADMIN'",
})
export class User {
  [OptionalProps]?:
    | 'firstName'
    | 'lastName'
    | 'role'
    | 'emailVerified'
    | 'tokensValidFrom'
    | 'createdAt'
    | 'updatedAt'
    | undefined;

  @Field(() => ID, { description: 'UUID.' })
  @PrimaryKey({ type: 'uuid' })
  id: string = uuid();

  @Field(() => String, { description: 'Unique and case-insensitive.' })
  @Property({ type: 'text' })
  username!: string;

  /** Public only through its field resolver: for this user and admins. */
  @Property({ type: 'text' })
  email!: string;

  /**
   * The key of the address (`emailKeyOf`), used by lookups and the unique index. Null if an older account has an equivalent
   * address (email-keys.ts): this account cannot sign in until its address is changed.
   */
  @Property({ type: 'text', nullable: true })
  emailKey: string | null = null;

  /** Whether the outside identity provider has verified this address; meaningless for users with a password. */
  @Property({ type: 'boolean' })
  emailVerified: boolean = false;

  /** PHC string (argon2id), or Django's format until an imported user signs in; null for users of an identity provider. */
  @Property({ type: 'text', nullable: true })
  passwordHash: string | null = null;

  /** `sub` of the outside identity provider. */
  @Property({ type: 'text', nullable: true })
  subject: string | null = null;

  /** `iss` of that provider; null if the subject was stored without it, until the next start with a provider. */
  @Property({ type: 'text', nullable: true })
  issuer: string | null = null;

  @Field(() => String, { description: 'May be empty.' })
  @Property({ type: 'text' })
  firstName: string = '';

  @Field(() => String, { description: 'May be empty.' })
  @Property({ type: 'text' })
  lastName: string = '';

  @Field(() => Role, { description: 'Role of the user.' })
  @Enum({ items: () => Object.keys(Role), type: 'text' })
  role: Role = 'USER';

  /** Token version: tokens issued before this time are rejected. Set when the password changes or the role is lowered. */
  @Property({ type: 'datetime', length: 3 })
  tokensValidFrom: Date = new Date(0);

  @Field(() => Date, { description: 'Time at which the account was created.' })
  @Property({ type: 'datetime', length: 3 })
  createdAt: Date = new Date();

  @Field(() => Date, {
    description: 'Time at which the account was last changed, not counting its profile.',
  })
  // Two readings of the clock may differ, and a new account would look changed.
  @Property({ type: 'datetime', length: 3, onUpdate: () => new Date() })
  updatedAt: Date = this.createdAt;
}

import { IsOptional, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, registerEnumType } from 'type-graphql';
import { IsUncommonPassword } from '../auth/common-passwords.ts';
import { IsEmailAddress, IsNewPassword, IsUsername } from '../auth/input-rules.ts';
import { Role } from './user.ts';

const USERNAME_RULES =
  '3 to 30 letters, digits, dots, dashes or underscores, beginning and ending with a letter or digit. Unique and case-insensitive; surrounding spaces are removed.';
const EMAIL_RULES =
  'E-mail address to sign in with. Unique and case-insensitive; surrounding spaces are ignored, and both spellings of an international domain (`müller.example`, `xn--mller-kva.example`) are equal.';
const PASSWORD_RULES =
  '8 to 200 characters, not one of the most common passwords. Unicode is normalized (RFC 8265); spaces are significant.';
const NAME_RULES = 'At most 100 characters.';

@InputType({ description: 'A new account.' })
export class CreateUserInput {
  @Field(() => String, { description: USERNAME_RULES })
  @IsUsername()
  username!: string;

  @Field(() => String, { description: EMAIL_RULES })
  @IsEmailAddress()
  email!: string;

  @Field(() => String, { description: PASSWORD_RULES })
  @IsNewPassword()
  @IsUncommonPassword()
  password!: string;

  @Field(() => String, { nullable: true, defaultValue: '', description: NAME_RULES })
  @IsOptional()
  @MaxLength(100)
  firstName?: string | null;

  @Field(() => String, { nullable: true, defaultValue: '', description: NAME_RULES })
  @IsOptional()
  @MaxLength(100)
  lastName?: string | null;

  @Field(() => Role, { nullable: true, description: 'Requires an admin; USER by default.' })
  role?: Role | null;
}

@InputType({ description: 'Changes to an account. Absent and null fields are not changed.' })
export class UpdateUserInput {
  @Field(() => String, { nullable: true, description: USERNAME_RULES })
  @IsOptional()
  @IsUsername()
  username?: string | null;

  @Field(() => String, { nullable: true, description: EMAIL_RULES })
  @IsOptional()
  @IsEmailAddress()
  email?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `${PASSWORD_RULES} Changing it revokes all tokens issued before.`,
  })
  @IsOptional()
  @IsNewPassword()
  @IsUncommonPassword()
  password?: string | null;

  @Field(() => String, { nullable: true, description: NAME_RULES })
  @IsOptional()
  @MaxLength(100)
  firstName?: string | null;

  @Field(() => String, { nullable: true, description: NAME_RULES })
  @IsOptional()
  @MaxLength(100)
  lastName?: string | null;

  @Field(() => Role, {
    nullable: true,
    description: 'Requires an admin. Removing ADMIN revokes all tokens issued before.',
  })
  role?: Role | null;
}

@InputType({ description: 'Criteria that users must meet, all of them.' })
export class UserFilter {
  @Field(() => String, {
    nullable: true,
    description:
      'Part of a username or name, case-insensitive, at most 100 characters. Dots, dashes, underscores and apostrophes match spaces. Without three consecutive letters or digits it matches only the beginnings of words; without any it matches no user.',
  })
  @IsOptional()
  @MaxLength(100)
  search?: string | null;

  @Field(() => Role, { nullable: true, description: 'Only users with this role.' })
  role?: Role | null;

  @Field(() => Boolean, {
    nullable: true,
    description: '`true`: only users with a current photo. `false`: only users without one.',
  })
  hasPhoto?: boolean | null;
}

export const UserSort = { CREATED_AT: 'CREATED_AT', USERNAME: 'USERNAME' } as const;
export type UserSort = keyof typeof UserSort;
registerEnumType(UserSort, {
  name: 'UserSort',
  description: 'Sort key of users.',
  valuesConfig: {
    CREATED_AT: { description: 'Time at which the account was created.' },
    USERNAME: { description: 'Username, alphabetically.' },
  },
});

export const SortDirection = { ASC: 'ASC', DESC: 'DESC' } as const;
export type SortDirection = keyof typeof SortDirection;
registerEnumType(SortDirection, {
  name: 'SortDirection',
  description: 'Sort direction.',
  valuesConfig: {
    ASC: { description: 'Ascending: oldest or A first.' },
    DESC: { description: 'Descending: newest or Z first.' },
  },
});

@InputType({ description: 'Order of users.' })
export class UserOrder {
  @Field(() => UserSort, { defaultValue: 'CREATED_AT', description: 'Sort key.' })
  by!: UserSort;

  @Field(() => SortDirection, { defaultValue: 'DESC', description: 'Sort direction.' })
  direction!: SortDirection;
}

/** Maximum page size; larger requests are capped. */
const MAX_PAGE_SIZE = 100;

/** Arguments of a Relay connection. */
@ArgsType()
export class UsersArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'Number of users after `after`: at most 100, by default 20.',
  })
  @IsOptional()
  @Min(0)
  @Max(MAX_PAGE_SIZE)
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Returns users after this cursor.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of users before `before`: at most 100.',
  })
  @IsOptional()
  @Min(0)
  @Max(MAX_PAGE_SIZE)
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Returns users before this cursor.' })
  before?: string | null;

  @Field(() => UserFilter, { nullable: true, description: 'Filter; all users by default.' })
  @IsOptional()
  @ValidateNested()
  filter?: UserFilter | null;

  @Field(() => UserOrder, { nullable: true, description: 'Order; newest first by default.' })
  order?: UserOrder | null;
}

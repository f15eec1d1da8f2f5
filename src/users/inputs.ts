import { IsOptional, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { ArgsType, Field, InputType, Int, registerEnumType } from 'type-graphql';
import { IsUncommonPassword } from '../auth/common-passwords.ts';
import { IsEmailAddress, IsNewPassword, IsUsername } from '../auth/input-rules.ts';
import { Role } from './user.ts';

const USERNAME_WORDS =
  '3 to 30 letters, digits, dots, dashes or underscores, a letter or digit at both ends. Unique, case-insensitive; spaces around it are removed.';
const EMAIL_WORDS =
  'For signing in. Unique: case, spaces around it and the spelling of an international domain (`müller.example`, `xn--mller-kva.example`) make no difference.';
const PASSWORD_WORDS =
  '8 to 200 characters, none of the most common passwords. Unicode spellings of one character are equal (RFC 8265); spaces count.';
const NAME_WORDS = 'At most 100 characters.';

@InputType({ description: 'A new account.' })
export class CreateUserInput {
  @Field(() => String, { description: USERNAME_WORDS })
  @IsUsername()
  username!: string;

  @Field(() => String, { description: EMAIL_WORDS })
  @IsEmailAddress()
  email!: string;

  @Field(() => String, { description: PASSWORD_WORDS })
  @IsNewPassword()
  @IsUncommonPassword()
  password!: string;

  @Field(() => String, { nullable: true, defaultValue: '', description: NAME_WORDS })
  @IsOptional()
  @MaxLength(100)
  firstName?: string | null;

  @Field(() => String, { nullable: true, defaultValue: '', description: NAME_WORDS })
  @IsOptional()
  @MaxLength(100)
  lastName?: string | null;

  @Field(() => Role, { nullable: true, description: 'For admins only; USER when absent.' })
  role?: Role | null;
}

@InputType({ description: 'Changes of an account. What is absent or null stays as it is.' })
export class UpdateUserInput {
  @Field(() => String, { nullable: true, description: USERNAME_WORDS })
  @IsOptional()
  @IsUsername()
  username?: string | null;

  @Field(() => String, { nullable: true, description: EMAIL_WORDS })
  @IsOptional()
  @IsEmailAddress()
  email?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `${PASSWORD_WORDS} Ends all tokens issued before.`,
  })
  @IsOptional()
  @IsNewPassword()
  @IsUncommonPassword()
  password?: string | null;

  @Field(() => String, { nullable: true, description: NAME_WORDS })
  @IsOptional()
  @MaxLength(100)
  firstName?: string | null;

  @Field(() => String, { nullable: true, description: NAME_WORDS })
  @IsOptional()
  @MaxLength(100)
  lastName?: string | null;

  @Field(() => Role, {
    nullable: true,
    description: 'For admins only. A lowered role ends all tokens issued before.',
  })
  role?: Role | null;
}

@InputType({ description: 'Which users; all that is given must be true of them.' })
export class UserFilter {
  @Field(() => String, {
    nullable: true,
    description:
      'Part of the username or name, case-insensitive, at most 100 characters. Dots, dashes, underscores and apostrophes match spaces. Without three letters or digits in a row it matches beginnings of words; without any letter or digit it matches nobody.',
  })
  @IsOptional()
  @MaxLength(100)
  search?: string | null;

  @Field(() => Role, { nullable: true, description: 'Of this role alone.' })
  role?: Role | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: only with a photo that is shown; false: only without.',
  })
  hasPhoto?: boolean | null;
}

export const UserSort = { CREATED_AT: 'CREATED_AT', USERNAME: 'USERNAME' } as const;
export type UserSort = keyof typeof UserSort;
registerEnumType(UserSort, {
  name: 'UserSort',
  description: 'What users are in order of.',
  valuesConfig: {
    CREATED_AT: { description: 'When the account was made.' },
    USERNAME: { description: 'The alphabet, of usernames.' },
  },
});

export const SortDirection = { ASC: 'ASC', DESC: 'DESC' } as const;
export type SortDirection = keyof typeof SortDirection;
registerEnumType(SortDirection, {
  name: 'SortDirection',
  description: 'Which end comes first.',
  valuesConfig: {
    ASC: { description: 'Oldest, or A, first.' },
    DESC: { description: 'Newest, or Z, first.' },
  },
});

@InputType({ description: 'The order of users.' })
export class UserOrder {
  @Field(() => UserSort, { defaultValue: 'CREATED_AT', description: 'What counts.' })
  by!: UserSort;

  @Field(() => SortDirection, { defaultValue: 'DESC', description: 'Which end comes first.' })
  direction!: SortDirection;
}

/** A page is never larger, however much is asked for. */
const LARGEST_PAGE = 100;

/** Arguments of a Relay connection. */
@ArgsType()
export class UsersArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'Size of a page going forward; 20 when neither is given, 100 at most.',
  })
  @IsOptional()
  @Min(0)
  @Max(LARGEST_PAGE)
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'The cursor to start after.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'Size of a page going backward.' })
  @IsOptional()
  @Min(0)
  @Max(LARGEST_PAGE)
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'The cursor to end before.' })
  before?: string | null;

  @Field(() => UserFilter, { nullable: true, description: 'Everybody when absent.' })
  @IsOptional()
  @ValidateNested()
  filter?: UserFilter | null;

  @Field(() => UserOrder, { nullable: true, description: 'Newest first when absent.' })
  order?: UserOrder | null;
}

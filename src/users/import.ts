import { IsOptional, Matches, MaxLength, MinDate, ValidateNested } from 'class-validator';
import { Arg, Ctx, Field, ID, InputType, Mutation, Resolver } from 'type-graphql';
import { UUID } from '../../contract/keys.ts';
import { DJANGO_HASH } from '../auth/django-passwords.ts';
import { IsEmailAddress } from '../auth/input-rules.ts';
import { omitNullish } from '../database/omit-nullish.ts';
import type { Context } from '../graphql/context.ts';
import { ProfileInput } from '../profiles/resolver.ts';
import { createAccount } from './account.ts';
import { Role, User } from './user.ts';
import { nearestUsername } from './username.ts';

/** Earlier dates are mistakes, such as two-digit years; the database cannot store all of them either. */
const EARLIEST = new Date('1900-01-01T00:00:00Z');

@InputType({ description: 'A user of another system.' })
export class ImportUserInput {
  @Field(() => ID, {
    description:
      'Version 5 UUID derived from the ID in the other system, so that no user is imported twice.',
  })
  @Matches(UUID, { message: 'must be a UUID in small letters' })
  id!: string;

  @Field(() => String, {
    description: 'Preferred username. If it is taken or invalid, a similar one is generated.',
  })
  @MaxLength(254)
  username!: string;

  @Field(() => String, { description: 'E-mail address. CONFLICT (`email`) if it is taken.' })
  @IsEmailAddress()
  email!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Password hash of Django, `pbkdf2_sha256$…`. Replaced by our own at the first sign-in. Without it the user cannot sign in until an admin sets a password.',
  })
  @IsOptional()
  @Matches(DJANGO_HASH, {
    message: 'must be pbkdf2_sha256$iterations$salt$hash, with at most 2000000 iterations',
  })
  passwordHash?: string | null;

  @Field(() => String, {
    nullable: true,
    defaultValue: '',
    description: 'At most 100 characters.',
  })
  @IsOptional()
  @MaxLength(100)
  firstName?: string | null;

  @Field(() => String, {
    nullable: true,
    defaultValue: '',
    description: 'At most 100 characters.',
  })
  @IsOptional()
  @MaxLength(100)
  lastName?: string | null;

  @Field(() => Role, { nullable: true, description: 'USER by default.' })
  role?: Role | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which the account was created in the other system; now by default.',
  })
  @IsOptional()
  @MinDate(EARLIEST, { message: 'must not be before 1900' })
  createdAt?: Date | null;

  @Field(() => ProfileInput, {
    nullable: true,
    description: 'Texts of the profile; empty by default.',
  })
  @IsOptional()
  @ValidateNested()
  profile?: ProfileInput | null;
}

@Resolver()
export class ImportUserResolver {
  @Mutation(() => User, {
    description:
      'Imports a user of another system, with ID and password, and creates a profile. Requires an admin. CONFLICT (`id`) if the user has already been imported.',
  })
  async importUser(
    @Arg('input', () => ImportUserInput, { description: 'The user in the other system.' })
    { username, id, email, profile, ...rest }: ImportUserInput,
    @Ctx() { em }: Context,
  ) {
    return em.transactional(async (tx) =>
      createAccount(
        tx,
        { id, email, ...omitNullish(rest), username: await nearestUsername(tx, username) },
        omitNullish(profile ?? {}),
      ),
    );
  }
}

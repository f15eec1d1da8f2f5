import { IsOptional, Matches, MaxLength, MinDate, ValidateNested } from 'class-validator';
import { Arg, Ctx, Field, ID, InputType, Mutation, Resolver } from 'type-graphql';
import { UUID } from '../../contract/keys.ts';
import { DJANGO_HASH } from '../auth/django-passwords.ts';
import { IsEmailAddress } from '../auth/input-rules.ts';
import { changesOf } from '../database/omit-nullish.ts';
import type { Context } from '../graphql/context.ts';
import { ProfileInput } from '../profiles/resolver.ts';
import { createAccount } from './account.ts';
import { Role, User } from './user.ts';
import { nearestUsername } from './username.ts';

/** Years without a century are somebody's mistake, and the first is more than the database can keep. */
const EARLIEST = new Date('1900-01-01T00:00:00Z');

@InputType({ description: 'Somebody as another system knows them.' })
export class ImportUserInput {
  @Field(() => ID, {
    description:
      'A UUID that follows from the id there (version 5), so that nobody is imported twice.',
  })
  @Matches(UUID, { message: 'must be a UUID in small letters' })
  id!: string;

  @Field(() => String, {
    description: 'A wish: one that resembles it is made up when it is taken or none of ours.',
  })
  @MaxLength(254)
  username!: string;

  @Field(() => String, { description: 'Must be free here: else CONFLICT (`email`).' })
  @IsEmailAddress()
  email!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Django's, `pbkdf2_sha256$…`: replaced by one of ours at the first sign-in. Absent: nobody can sign in until an admin sets a password.",
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

  @Field(() => Role, { nullable: true, description: 'USER when absent.' })
  role?: Role | null;

  @Field(() => Date, { nullable: true, description: 'Since when they are there; now when absent.' })
  @IsOptional()
  @MinDate(EARLIEST, { message: 'must not be before 1900' })
  createdAt?: Date | null;

  @Field(() => ProfileInput, { nullable: true, description: 'Empty when absent.' })
  @IsOptional()
  @ValidateNested()
  profile?: ProfileInput | null;
}

@Resolver()
export class ImportUserResolver {
  @Mutation(() => User, {
    description:
      'For admins: takes over a user of another system with id and password, and makes their profile. CONFLICT (`id`) when they are here already.',
  })
  async importUser(
    @Arg('input', () => ImportUserInput, { description: 'Who they are there.' })
    { username, id, email, profile, ...rest }: ImportUserInput,
    @Ctx() { em }: Context,
  ) {
    return em.transactional(async (tx) =>
      createAccount(
        tx,
        { id, email, ...changesOf(rest), username: await nearestUsername(tx, username) },
        changesOf(profile ?? {}),
      ),
    );
  }
}

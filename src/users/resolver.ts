import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { hashPassword } from '../auth/passwords.ts';
import { isOwnerOrAdmin } from '../auth/viewer.ts';
import { omitNullish } from '../database/omit-nullish.ts';
import { PublicError } from '../errors.ts';
import { COSTS, costOfPage, fixedCost } from '../graphql/complexity.ts';
import type { Context } from '../graphql/context.ts';
import { Profile } from '../profiles/profile.ts';
import { changeAccount, createAccount, eraseAccount } from './account.ts';
import { UserConnection } from './connection.ts';
import { CreateUserInput, UpdateUserInput, UsersArgs } from './inputs.ts';
import { DEFAULT_PAGE_SIZE, pageOfUsers } from './page.ts';
import { readUserNamed, type UserRow } from './repository.ts';
import { User } from './user.ts';

@Resolver(() => User)
export class UserResolver {
  @Query(() => User, { nullable: true, description: 'The viewer: the signed-in user, or null.' })
  me(@Ctx() { viewer, load }: Context) {
    return viewer && load.user.load(viewer.id);
  }

  @Query(() => User, {
    nullable: true,
    description:
      'Looks up a user by ID or username. Requires a signed-in viewer; null if the user does not exist.',
  })
  async user(
    @Arg('id', () => ID, { nullable: true, description: 'ID of the user, instead of `username`.' })
    id: string | null,
    @Arg('username', () => String, {
      nullable: true,
      description: 'Username, instead of `id`. Case-insensitive; surrounding spaces are ignored.',
    })
    username: string | null,
    @Ctx() { pool, load }: Context,
  ) {
    if ((id == null) === (username == null)) {
      const message = 'must be given, or the other: a user is asked for by id or by username';
      throw new PublicError('BAD_USER_INPUT', 'Pass either id or username.', {
        fields: ['id', 'username'].map((path) => ({ path, message })),
      });
    }
    return id != null ? load.user.load(id) : readUserNamed(pool, username ?? '');
  }

  @Query(() => UserConnection, {
    description: 'Lists users, newest first by default. Requires a signed-in viewer.',
    complexity: costOfPage(DEFAULT_PAGE_SIZE),
  })
  users(@Args(() => UsersArgs) args: UsersArgs, @Ctx() { pool }: Context) {
    return pageOfUsers(pool, args);
  }

  @Mutation(() => User, {
    description: 'Creates a user with an empty profile.',
    complexity: fixedCost(COSTS.password),
  })
  async createUser(
    @Arg('input', () => CreateUserInput, { description: 'The new account.' })
    input: CreateUserInput,
    @Ctx() { em }: Context,
  ) {
    const { username, email, password, ...rest } = input;
    const passwordHash = await hashPassword(password);
    return em.transactional(async (tx) =>
      createAccount(tx, { username, email, passwordHash, ...omitNullish(rest) }),
    );
  }

  @Mutation(() => User, {
    description: "Updates the viewer's own account. Admins can update any account.",
    complexity: fixedCost(COSTS.password),
  })
  async updateUser(
    @Arg('id', () => ID, { description: 'ID of the user.' }) id: string,
    @Arg('input', () => UpdateUserInput, { description: 'Fields to change.' })
    input: UpdateUserInput,
    @Ctx() { em, rates }: Context,
  ) {
    const { password, ...changes } = omitNullish(input);
    const passwordHash = password && (await hashPassword(password));
    return em.transactional(async (tx) => {
      const wanted = { ...changes, ...(passwordHash && { passwordHash }) };
      const { user, formerEmailKey } = await changeAccount(tx, id, wanted);
      if (formerEmailKey !== null) await rates.forgetEmail(tx, formerEmailKey);
      return user;
    });
  }

  @Mutation(() => ID, {
    description:
      'Deletes the user, the profile and all files of its photos. Returns the ID of the user.',
  })
  async deleteUser(
    @Arg('id', () => ID, { description: 'ID of the user.' }) id: string,
    @Ctx() { em, rates }: Context,
  ) {
    await em.transactional(async (tx) => rates.forget(tx, await eraseAccount(tx, id)));
    return id;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'E-mail address. Null unless the viewer is this user or an admin.',
  })
  email(@Root() { id, email }: UserRow, @Ctx() { viewer }: Context) {
    return isOwnerOrAdmin(viewer, id) ? email : null;
  }

  @FieldResolver(() => Profile, {
    nullable: true,
    description: 'Created with the user; null only after `deleteProfile`.',
  })
  profile(@Root() { id, profile }: UserRow, @Ctx() { load }: Context) {
    return profile === undefined ? load.profileOfUser.load(id) : profile;
  }
}

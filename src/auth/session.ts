import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { PublicError } from '../errors.ts';
import { COSTS, fixedCost } from '../graphql/complexity.ts';
import type { Context } from '../graphql/context.ts';
import { readCredentials, type UserRow } from '../users/repository.ts';
import { User } from '../users/user.ts';
import { emailKeyOf } from './canonical.ts';
import { mostIterations } from './django-passwords.ts';
import { hashPassword, isOurHash, isPassword } from './passwords.ts';

@ObjectType({
  simpleResolvers: true,
  description: 'A session. Send its token as `Authorization: Bearer …`.',
})
export class Session {
  @Field(() => String, {
    description: 'Bearer token, valid until it expires or the password changes.',
  })
  token!: string;
  @Field(() => Date, { description: 'Time at which the token expires.' }) expiresAt!: Date;
  @Field(() => User, { description: 'The signed-in user.' }) user!: UserRow;
}

@Resolver()
export class SessionResolver {
  @Mutation(() => Session, {
    description: 'Signs in with e-mail address and password.',
    complexity: fixedCost(COSTS.password),
  })
  async signIn(
    @Arg('email', () => String, {
      description: 'E-mail address. Case-insensitive; surrounding spaces are ignored.',
    })
    email: string,
    @Arg('password', () => String, {
      description: 'Password. Case-sensitive; spaces are significant.',
    })
    password: string,
    @Ctx() { em, pool, authenticator, rates, address }: Context,
  ): Promise<Session> {
    if (!authenticator.issueToken) {
      throw new PublicError('FORBIDDEN', 'Sign in with the identity provider and send its token.');
    }
    const key = emailKeyOf(email);
    const user = await rates.password(key, address, async () => {
      const found = key === undefined ? undefined : await readCredentials(pool, key);
      // The same message and timing in both cases, so that responses do not reveal which addresses have an account.
      const most = await mostIterations(pool);
      return (await isPassword(password, found?.passwordHash, most)) ? found : undefined;
    });
    if (!user) throw new PublicError('UNAUTHENTICATED', 'E-mail address or password is wrong.');
    if (!isOurHash(user.passwordHash)) await rehashPassword(em, user, password);
    return { ...(await authenticator.issueToken(user)), user };
  }
}

/** Replaces a Django hash with our own, unless the password was changed in the meantime. */
async function rehashPassword(
  em: SqlEntityManager,
  { id, passwordHash }: Pick<User, 'id' | 'passwordHash'>,
  password: string,
) {
  await em.nativeUpdate(User, { id, passwordHash }, { passwordHash: await hashPassword(password) });
}

import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { Context } from '../context.ts';
import { COSTS, costOf } from '../cost.ts';
import { PublicError } from '../errors.ts';
import { userWithEmail } from '../users/email.ts';
import { User } from '../users/user.ts';
import { isPassword } from './passwords.ts';

@ObjectType({
  simpleResolvers: true,
  description: 'A signed-in user. Send the token as `Authorization: Bearer …`.',
})
export class Session {
  @Field(() => String) token!: string;
  @Field(() => Date) expiresAt!: Date;
  @Field(() => User) user!: User;
}

@Resolver()
export class SessionResolver {
  @Mutation(() => Session, {
    description: 'Exchanges e-mail address and password for a token.',
    complexity: costOf(COSTS.password),
  })
  async signIn(
    @Arg('email', () => String) email: string,
    @Arg('password', () => String) password: string,
    @Ctx() { em, identity, rates, address }: Context,
  ): Promise<Session> {
    if (!identity.issue) {
      throw new PublicError('FORBIDDEN', 'Sign in with the identity provider and send its token.');
    }
    const forgive = await rates.password(email, address);
    const user = await userWithEmail(em, email);
    // One answer, in words and in time: whether an address has an account is nobody's business.
    if (!(await isPassword(password, user?.passwordHash)) || !user) {
      throw new PublicError('UNAUTHENTICATED', 'E-mail address or password is wrong.');
    }
    await forgive();
    return { ...(await identity.issue(user)), user };
  }
}

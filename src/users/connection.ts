import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.ts';
import type { UserFilter } from './inputs.ts';
import { countUsers } from './page.ts';
import { User } from './user.ts';

@ObjectType()
export class PageInfo {
  @Field(() => Boolean) hasNextPage!: boolean;
  @Field(() => Boolean) hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true }) startCursor?: string | null;
  @Field(() => String, { nullable: true }) endCursor?: string | null;
}

@ObjectType()
export class UserEdge {
  @Field(() => String) cursor!: string;
  @Field(() => User) node!: User;
}

@ObjectType({ description: 'A page of users, after the Relay connection specification.' })
export class UserConnection {
  @Field(() => [UserEdge]) edges!: UserEdge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
  /** What was asked for, so that it can be counted too. */
  filter?: UserFilter | null | undefined;
}

@Resolver(() => UserConnection)
export class UserConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'All users the filter leaves. Counted only when asked for.',
  })
  totalCount(@Root() { filter }: UserConnection, @Ctx() { em }: Context) {
    return countUsers(em, filter);
  }
}

import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.ts';
import type { UserFilter } from './inputs.ts';
import { countUsers } from './page.ts';
import type { UserRow } from './read.ts';
import { User } from './user.ts';

@ObjectType({ simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean) hasNextPage!: boolean;
  @Field(() => Boolean) hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true }) startCursor!: () => string | undefined;
  @Field(() => String, { nullable: true }) endCursor!: () => string | undefined;
}

@ObjectType({ simpleResolvers: true })
export class UserEdge {
  @Field(() => String) cursor!: () => string;
  @Field(() => User) node!: UserRow;
}

/** What is a function here, GraphQL calls when it is asked for. */
@ObjectType({
  simpleResolvers: true,
  description: 'A page of users, after the Relay connection specification.',
})
export class UserConnection {
  @Field(() => [UserEdge]) edges!: () => Promise<UserEdge[]>;
  @Field(() => PageInfo) pageInfo!: () => Promise<PageInfo>;
  /** What was asked for, so that it can be counted too. */
  filter?: UserFilter | null | undefined;
}

@Resolver(() => UserConnection)
export class UserConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'All users the filter leaves. Counted only when asked for.',
  })
  totalCount(@Root() { filter }: UserConnection, @Ctx() { pool }: Context) {
    return countUsers(pool, filter);
  }
}

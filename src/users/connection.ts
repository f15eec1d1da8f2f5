import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import { COUNTED } from '../graphql/complexity.ts';
import type { Context } from '../graphql/context.ts';
import type { UserFilter } from './inputs.ts';
import { countUsers } from './page.ts';
import type { UserRow } from './repository.ts';
import { User } from './user.ts';

@ObjectType({ simpleResolvers: true, description: 'Where a page is among the others.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there is more after endCursor.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'Whether there is more before startCursor.' })
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true, description: 'For `before`; null on an empty page.' })
  startCursor!: () => string | undefined;
  @Field(() => String, { nullable: true, description: 'For `after`; null on an empty page.' })
  endCursor!: () => string | undefined;
}

@ObjectType({ simpleResolvers: true, description: 'A user in their place on a page.' })
export class UserEdge {
  @Field(() => String, { description: 'Opaque; good for the same filter and order.' })
  cursor!: () => string;
  @Field(() => User, { description: 'The user.' }) node!: UserRow;
}

/** What is a function here, GraphQL calls when it is asked for. */
@ObjectType({
  simpleResolvers: true,
  description: 'A page of users, after the Relay connection specification.',
})
export class UserConnection {
  @Field(() => [UserEdge], { description: 'The users of this page, in order.' })
  edges!: () => Promise<UserEdge[]>;
  @Field(() => PageInfo, { description: 'What to ask for the next page with.' })
  pageInfo!: () => Promise<PageInfo>;
  /** What was asked for, so that it can be counted too. */
  filter?: UserFilter | null | undefined;
}

@Resolver(() => UserConnection)
export class UserConnectionResolver {
  @FieldResolver(() => Int, {
    description:
      'Number of users that match the filter, counted up to 10,000, with a search up to 1,000: that number means that many or more.',
    complexity: COUNTED,
  })
  totalCount(@Root() { filter }: UserConnection, @Ctx() { pool }: Context) {
    return countUsers(pool, filter);
  }
}

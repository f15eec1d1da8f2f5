import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import { COUNTED } from '../graphql/complexity.ts';
import type { Context } from '../graphql/context.ts';
import type { UserFilter } from './inputs.ts';
import { countUsers } from './page.ts';
import type { UserRow } from './repository.ts';
import { User } from './user.ts';

@ObjectType({ simpleResolvers: true, description: 'Position of a page in the list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are users after `endCursor`.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'Whether there are users before `startCursor`.' })
  hasPreviousPage!: boolean;
  @Field(() => String, {
    nullable: true,
    description: 'Cursor for `before`; null on an empty page.',
  })
  startCursor!: () => string | undefined;
  @Field(() => String, {
    nullable: true,
    description: 'Cursor for `after`; null on an empty page.',
  })
  endCursor!: () => string | undefined;
}

@ObjectType({ simpleResolvers: true, description: 'A user and its cursor.' })
export class UserEdge {
  @Field(() => String, { description: 'Opaque cursor, valid with the same filter and order.' })
  cursor!: () => string;
  @Field(() => User, { description: 'The user.' }) node!: UserRow;
}

/** Fields that are functions are only called by GraphQL if the query selects them. */
@ObjectType({
  simpleResolvers: true,
  description: 'A page of users (Relay connection).',
})
export class UserConnection {
  @Field(() => [UserEdge], { description: 'Users of this page, in order.' })
  edges!: () => Promise<UserEdge[]>;
  @Field(() => PageInfo, { description: 'Cursors of this page.' })
  pageInfo!: () => Promise<PageInfo>;
  /** The filter of the list, for `totalCount`. */
  filter?: UserFilter | null | undefined;
}

@Resolver(() => UserConnection)
export class UserConnectionResolver {
  @FieldResolver(() => Int, {
    description:
      'Number of users that match the filter, counted up to 10,000, or 1,000 with a search; that value means that many or more.',
    complexity: COUNTED,
  })
  totalCount(@Root() { filter }: UserConnection, @Ctx() { pool }: Context) {
    return countUsers(pool, filter);
  }
}

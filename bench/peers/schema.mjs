/** The measured part of Portrait's schema, for the peers. */
import { createSchema } from 'graphql-yoga';
import { readPage, readUser } from './rows.mjs';

export const schema = createSchema({
  typeDefs: `
    type Query { user(id: ID): User  users(first: Int): UserConnection! }
    type UserConnection { edges: [UserEdge!]! pageInfo: PageInfo! }
    type UserEdge { node: User! }
    type PageInfo { hasNextPage: Boolean! endCursor: String }
    type User { id: ID! username: String! firstName: String! lastName: String! profile: Profile }
    type Profile { displayName: String! bio: String! }
  `,
  resolvers: {
    Query: {
      user: (_root, { id }) => readUser(id),
      users: (_root, { first }) => readPage(first),
    },
  },
});

import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync } from 'type-graphql';
import { enforceRules } from '../auth/rules.ts';
import { SessionResolver } from '../auth/session.ts';
import { UploadPolicyResolver } from '../photos/policy.ts';
import { PhotoResolver } from '../photos/resolver.ts';
import { PhotoUploadResolver } from '../photos/upload-resolver.ts';
import { ProfileResolver } from '../profiles/resolver.ts';
import { UserConnectionResolver } from '../users/connection.ts';
import { ImportUserResolver } from '../users/import.ts';
import { UserResolver } from '../users/resolver.ts';
import { refuseNoText } from './text.ts';

/** The public API, each operation behind its rule. Printed to `schema/schema.graphql`. */
export const createSchema = () =>
  refuseNoText(
    enforceRules(
      buildSchemaSync({
        resolvers: [
          SessionResolver,
          UserResolver,
          ImportUserResolver,
          UserConnectionResolver,
          ProfileResolver,
          PhotoResolver,
          PhotoUploadResolver,
          UploadPolicyResolver,
        ],
        scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
        validate: { forbidUnknownValues: false },
        // Asked for by type-graphql; our subscriptions follow rows and need no topics.
        pubSub: { publish: noTopics, subscribe: noTopics },
      }),
    ),
  );

function noTopics(): never {
  throw new Error('A subscription must say what it follows (`subscribe`).');
}

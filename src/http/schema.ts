import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync } from 'type-graphql';
import { enforceRules } from '../auth/rules.ts';
import { SessionResolver } from '../auth/session.ts';
import { UploadPolicyResolver } from '../photos/policy.ts';
import { PhotoResolver } from '../photos/resolver.ts';
import { ProfileResolver } from '../profiles/resolver.ts';
import { UserConnectionResolver } from '../users/connection.ts';
import { UserResolver } from '../users/resolver.ts';
import { refuseZeroCharacters } from './text.ts';

/** The public API, each operation behind its rule. Printed to `schema/schema.graphql`. */
export const createSchema = () =>
  refuseZeroCharacters(
    enforceRules(
      buildSchemaSync({
        resolvers: [
          SessionResolver,
          UserResolver,
          UserConnectionResolver,
          ProfileResolver,
          PhotoResolver,
          UploadPolicyResolver,
        ],
        scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
        validate: { forbidUnknownValues: false },
      }),
    ),
  );

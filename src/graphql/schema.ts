import { validate } from 'class-validator';
import { GraphQLDateTime } from 'graphql-scalars';
import { ArgumentValidationError, buildSchemaSync } from 'type-graphql';
import { SessionResolver } from '../auth/session.ts';
import { PhotoResolver } from '../photos/resolver.ts';
import { UploadPolicyResolver } from '../photos/upload/policy.ts';
import { PhotoUploadResolver } from '../photos/upload/upload-resolver.ts';
import { ProfileResolver } from '../profiles/resolver.ts';
import { UserConnectionResolver } from '../users/connection.ts';
import { ImportUserResolver } from '../users/import.ts';
import { UserResolver } from '../users/resolver.ts';
import { enforceRules } from './authorization.ts';
import { rejectInvalidUnicode } from './reject-invalid-unicode.ts';

/** The public API, each operation behind its rule. Printed to `schema/schema.graphql`. */
export const createSchema = () =>
  rejectInvalidUnicode(
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
        validateFn: refuseInvalid,
        // Required by type-graphql; our subscriptions follow rows and need no topics.
        pubSub: { publish: noTopics, subscribe: noTopics },
      }),
    ),
  );

/**
 * Validates every input object with class-validator. type-graphql does the same, but imports class-validator on every call,
 * which takes longer than the validation: https://github.com/MichalLytek/type-graphql/issues/982 (2.0.0-rc.4; ADR 0050)
 */
async function refuseInvalid(argument: unknown) {
  if (typeof argument !== 'object' || argument === null) return;
  const errors = await validate(argument, {
    skipMissingProperties: true,
    forbidUnknownValues: false,
  });
  if (errors.length > 0) throw new ArgumentValidationError(errors);
}

function noTopics(): never {
  throw new Error('A subscription must define `subscribe`.');
}

import { ACCOUNT } from '../engine/kinds.ts';
import type { Resource } from '../engine/resource.ts';
import { allOf, type World } from '../rules/world.ts';
import type { Caller } from './evaluate.ts';
import { readPolicy, type Statement } from './policy.ts';

/** Identity policies of a role. */
export function identityOf(role: Resource, world: World): Statement[] {
  const { managedPolicyArns, inlinePolicies } = role.inputs;
  const attached =
    allOf(world, 'RolePolicyAttachment').length > 0 || managedPolicyArns || inlinePolicies;
  // Managed policies are maintained by AWS and change; they cannot be evaluated here.
  if (attached) throw new Error(`The role ${role.name} has policies that are not evaluated.`);
  return allOf(world, 'iam/rolePolicy:RolePolicy')
    .filter(({ inputs }) => inputs.role === role.computed.id)
    .flatMap(({ inputs }) => readPolicy(String(inputs.policy)));
}

/** Resource policies: of buckets, queues, topics, and permissions of functions. */
export function ofThing(world: World): Statement[] {
  const documents = [
    'bucketPolicy:BucketPolicy',
    'queuePolicy:QueuePolicy',
    'topicPolicy:TopicPolicy',
  ];
  const written = documents
    .flatMap((kind) => allOf(world, kind))
    .flatMap(({ inputs }) => readPolicy(String(inputs.policy)));
  return [
    ...written,
    ...allOf(world, 'lambda/permission:Permission').map((one) => toStatement(one, world)),
  ];
}

/** A Lambda permission is a resource policy with one statement. */
function toStatement({ inputs }: Resource, world: World): Statement {
  const called = allOf(world, 'lambda/function:Function').find(({ computed }) =>
    [computed.name, computed.arn].includes(inputs.function ?? null),
  );
  if (!called)
    throw new Error(`A permission of ${inputs.function}, which is not a function of this program.`);
  return {
    sid: 'Permission',
    effect: 'Allow',
    actions: [String(inputs.action)],
    resources: [String(called.computed.arn)],
    principals: [{ kind: 'Service', name: String(inputs.principal) }],
    conditions: [{ operator: 'ArnLike', key: 'aws:sourcearn', values: [String(inputs.sourceArn)] }],
  };
}

export const caller = (role: Resource): Caller => ({
  kind: 'AWS',
  name: String(role.computed.arn),
});

export const service = (name: string): Caller => ({
  kind: 'Service',
  name: `${name}.amazonaws.com`,
});

export const ANYONE: Caller = { kind: 'Anyone' };

/** Default condition context of a request. */
export const CONTEXT = {
  'aws:securetransport': 'true',
  'aws:sourceaccount': ACCOUNT,
  'aws:sourcearn': undefined,
};

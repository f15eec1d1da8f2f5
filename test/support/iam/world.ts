import { ACCOUNT } from '../engine/kinds.ts';
import type { Resource } from '../engine/resource.ts';
import { allOf, type World } from '../rules/world.ts';
import type { Caller } from './evaluate.ts';
import { readPolicy, type Statement } from './policy.ts';

/** What a role may, by all that was attached to it. */
export function identityOf(role: Resource, world: World): Statement[] {
  const { managedPolicyArns, inlinePolicies } = role.inputs;
  const attached =
    allOf(world, 'RolePolicyAttachment').length > 0 || managedPolicyArns || inlinePolicies;
  // What AWS keeps elsewhere, and changes, cannot be proved here.
  if (attached) throw new Error(`The role ${role.name} has policies that are not read.`);
  return allOf(world, 'iam/rolePolicy:RolePolicy')
    .filter(({ inputs }) => inputs.role === role.computed.id)
    .flatMap(({ inputs }) => readPolicy(String(inputs.policy)));
}

/** What a thing itself allows and denies: bucket policies, queue policies, permissions of functions. */
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

/** A permission of a function is a policy with one statement, spelt otherwise. */
function toStatement({ inputs }: Resource, world: World): Statement {
  const called = allOf(world, 'lambda/function:Function').find(({ computed }) =>
    [computed.name, computed.arn].includes(inputs.function ?? null),
  );
  if (!called) throw new Error(`A permission of ${inputs.function}, which is no function of ours.`);
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

/** What every request says of itself when nothing else is known of it. */
export const CONTEXT = {
  'aws:securetransport': 'true',
  'aws:sourceaccount': ACCOUNT,
  'aws:sourcearn': undefined,
};

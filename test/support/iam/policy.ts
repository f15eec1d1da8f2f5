/** A strict parser of IAM policies: unsupported syntax is an error, never ignored. */

export interface Statement {
  sid: string;
  effect: 'Allow' | 'Deny';
  actions: string[];
  /** Empty in the trust policy of a role, which is about the role itself. */
  resources: string[];
  /** Only in resource policies. */
  principals?: Principal[];
  conditions: Condition[];
}

/** `*`, or `{ AWS: arn }`, or `{ Service: name }`. */
export type Principal = { kind: 'Anyone' } | { kind: 'AWS' | 'Service'; name: string };

export interface Condition {
  operator: string;
  /** In lower case: `aws:sourcearn`. */
  key: string;
  values: string[];
}

const KEYS = ['Sid', 'Effect', 'Action', 'Resource', 'Principal', 'Condition'];

/**
 * @param json a policy document, as IAM takes it
 * @throws for syntax that the evaluator does not support: NotAction, variables, an old version
 */
export function readPolicy(json: string): Statement[] {
  const policy = JSON.parse(json);
  if (policy.Version !== '2012-10-17') throw new Error('A policy must be of version 2012-10-17.');
  return listOf(policy.Statement).map(readStatement);
}

function readStatement(statement: Record<string, unknown>): Statement {
  for (const key of Object.keys(statement)) {
    if (!KEYS.includes(key)) throw new Error(`A statement with ${key} is not supported.`);
  }
  const effect = statement.Effect;
  if (effect !== 'Allow' && effect !== 'Deny')
    throw new Error(`Effect ${effect} is not supported.`);
  return {
    sid: String(statement.Sid ?? ''),
    effect,
    actions: textsOf(statement.Action),
    resources: statement.Resource === undefined ? [] : textsOf(statement.Resource),
    ...(statement.Principal !== undefined && { principals: readPrincipals(statement.Principal) }),
    conditions: readConditions(Object(statement.Condition ?? {})),
  };
}

function readPrincipals(principal: unknown): Principal[] {
  if (principal === '*') return [{ kind: 'Anyone' }];
  return Object.entries(Object(principal)).flatMap(([kind, names]) =>
    textsOf(names).map((name): Principal => {
      if (kind !== 'AWS' && kind !== 'Service')
        throw new Error(`Principal ${kind} is not supported.`);
      return name === '*' ? { kind: 'Anyone' } : { kind, name };
    }),
  );
}

const readConditions = (condition: Record<string, object>): Condition[] =>
  Object.entries(condition).flatMap(([operator, keys]) =>
    // Condition keys are case-insensitive.
    Object.entries(keys).map(([key, values]) => ({
      operator,
      key: key.toLowerCase(),
      values: textsOf(values),
    })),
  );

function textsOf(value: unknown): string[] {
  const texts = listOf(value).map(String);
  if (texts.length === 0) throw new Error('An empty list allows nothing and denies nothing.');
  const variable = texts.find((text) => text.includes('${'));
  if (variable) throw new Error(`The variable in ${variable} is not supported.`);
  return texts;
}

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

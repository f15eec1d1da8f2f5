import type { Condition, Principal, Statement } from './policy.ts';

/** Who asks: a role of this account, a service of AWS, or somebody without a signature. */
export type Caller = Principal;

export interface Question {
  caller: Caller;
  /** `s3:PutObject` */
  action: string;
  /** ARN */
  resource: string;
  /** Everything a policy may ask about this request, in lower case; undefined where the request does not say. */
  context?: Record<string, string | undefined>;
}

/** What may decide inside one account. */
export interface Policies {
  /** Of the caller. */
  identity: Statement[];
  /** Of the thing asked for: bucket policy, queue policy, function permission. */
  resource?: Statement[];
}

/**
 * Whether AWS would do it, inside one account and without boundaries: a denial anywhere wins, else one allowance
 * is enough, of the caller or of the thing.
 *
 * @throws for a condition or a key that it knows nothing of, so that it cannot be right by accident
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function isAllowed(question: Question, { identity, resource = [] }: Policies): boolean {
  const ofCaller = identity.filter((statement) => speaksOf(statement, question));
  const ofThing = resource.filter(
    (statement) => isOfCaller(statement, question.caller) && speaksOf(statement, question),
  );
  const statements = [...ofCaller, ...ofThing];
  if (statements.some(({ effect }) => effect === 'Deny')) return false;
  return statements.some(({ effect }) => effect === 'Allow');
}

function isOfCaller({ principals, sid }: Statement, caller: Caller) {
  if (!principals) throw new Error(`Statement ${sid} of a resource names nobody.`);
  return principals.some((principal) => {
    if (principal.kind === 'Anyone') return true;
    return (
      caller.kind !== 'Anyone' && caller.kind === principal.kind && caller.name === principal.name
    );
  });
}

const speaksOf = (statement: Statement, question: Question) =>
  // Service prefixes and action names are read in any case, ARNs are not.
  statement.actions.some((action) => isLike(question.action.toLowerCase(), action.toLowerCase())) &&
  statement.resources.some((resource) => isLike(question.resource, resource)) &&
  statement.conditions.every((condition) => holds(condition, question));

type Operator = (value: string | undefined, wanted: string[]) => boolean;

const OPERATORS: Record<string, Operator> = {
  StringEquals: (value, wanted) => value !== undefined && wanted.includes(value),
  StringNotEquals: (value, wanted) => value === undefined || !wanted.includes(value),
  StringLike: (value, wanted) => value !== undefined && wanted.some((text) => isLike(value, text)),
  ArnEquals: (value, wanted) => value !== undefined && wanted.some((text) => isLike(value, text)),
  ArnLike: (value, wanted) => value !== undefined && wanted.some((text) => isLike(value, text)),
  Bool: (value, wanted) => value !== undefined && wanted.includes(value),
  NumericLessThan: (value, [limit]) => value !== undefined && Number(value) < Number(limit),
};

function holds({ operator, key, values }: Condition, { action, context = {} }: Question) {
  const compare = OPERATORS[operator];
  if (!compare) throw new Error(`The condition operator ${operator} is not understood.`);
  if (!(key in context)) throw new Error(`${action}: the question says nothing of ${key}.`);
  return compare(context[key], values);
}

/** `*` is any text, `?` one character. */
export function isLike(text: string, pattern: string) {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

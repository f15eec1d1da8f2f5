import type { Condition, Principal, Statement } from './policy.ts';

/** The caller: a role of this account, an AWS service, or anonymous. */
export type Caller = Principal;

export interface Question {
  caller: Caller;
  /** `s3:PutObject` */
  action: string;
  /** ARN */
  resource: string;
  /** Condition keys of the request, in lower case; undefined if the request does not have the key. */
  context?: Record<string, string | undefined>;
}

/** Policies that decide within one account. */
export interface Policies {
  /** Identity policies of the caller. */
  identity: Statement[];
  /** Policies of the resource: bucket policy, queue policy, function permission. */
  resource?: Statement[];
}

/**
 * Evaluates a request within one account, without permission boundaries: an explicit deny wins, otherwise one
 * allow is enough, in an identity or a resource policy.
 *
 * @throws for an unsupported operator or a missing key, so that no answer is a guess
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function isAllowed(question: Question, { identity, resource = [] }: Policies): boolean {
  const ofCaller = identity.filter((statement) => applies(statement, question));
  const ofResource = resource.filter(
    (statement) => isOfCaller(statement, question.caller) && applies(statement, question),
  );
  const statements = [...ofCaller, ...ofResource];
  if (statements.some(({ effect }) => effect === 'Deny')) return false;
  return statements.some(({ effect }) => effect === 'Allow');
}

function isOfCaller({ principals, sid }: Statement, caller: Caller) {
  if (!principals) throw new Error(`Statement ${sid} of a resource has no principal.`);
  return principals.some((principal) => {
    if (principal.kind === 'Anyone') return true;
    return (
      caller.kind !== 'Anyone' && caller.kind === principal.kind && caller.name === principal.name
    );
  });
}

const applies = (statement: Statement, question: Question) =>
  // Actions are case-insensitive, ARNs are not.
  statement.actions.some((action) => isLike(question.action.toLowerCase(), action.toLowerCase())) &&
  statement.resources.some((resource) => isLike(question.resource, resource)) &&
  statement.conditions.every((condition) => holds(condition, question));

type Operator = (value: string | undefined, wanted: string[]) => boolean;

const OPERATORS: Record<string, Operator> = {
  StringEquals: (value, wanted) => value !== undefined && wanted.includes(value),
  ArnEquals: (value, wanted) => value !== undefined && wanted.some((text) => isLike(value, text)),
  ArnLike: (value, wanted) => value !== undefined && wanted.some((text) => isLike(value, text)),
  Bool: (value, wanted) => value !== undefined && wanted.includes(value),
};

function holds({ operator, key, values }: Condition, { action, context = {} }: Question) {
  const compare = OPERATORS[operator];
  if (!compare) throw new Error(`The condition operator ${operator} is not supported.`);
  if (!(key in context)) throw new Error(`${action}: the request has no ${key}.`);
  return compare(context[key], values);
}

/** Matches a wildcard pattern: `*` is any text, `?` one character. */
export function isLike(text: string, pattern: string) {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

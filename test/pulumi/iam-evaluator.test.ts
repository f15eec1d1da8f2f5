import { describe, expect, test } from 'vitest';
import { isAllowed, type Question } from '../support/iam/evaluate.ts';
import { mistakesOf } from '../support/iam/facts.ts';
import { readPolicy } from '../support/iam/policy.ts';

const policy = (...statements: object[]) =>
  readPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }));

const BOOKS = 'arn:aws:s3:::books';
const mayRead = { Effect: 'Allow', Action: 's3:GetObject', Resource: `${BOOKS}/open/*` };
const clerk = { kind: 'AWS', name: 'arn:aws:iam::123456789012:role/clerk' } as const;
const reads = (key: string, more: Partial<Question> = {}): Question => ({
  caller: clerk,
  action: 's3:GetObject',
  resource: `${BOOKS}/${key}`,
  ...more,
});

describe('the IAM evaluator', () => {
  test('allows what a statement lists, and nothing else', () => {
    const identity = policy(mayRead);

    expect(isAllowed(reads('open/1'), { identity })).toBe(true);
    expect(isAllowed(reads('closed/1'), { identity })).toBe(false);
    expect(isAllowed(reads('open/1', { action: 's3:PutObject' }), { identity })).toBe(false);
    expect(isAllowed(reads('open/1', { action: 's3:GetObjectVersion' }), { identity })).toBe(false);
  });

  test('lets a Deny of the resource policy override an Allow of the role', () => {
    const resource = policy({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: `${BOOKS}/*`,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    const asked = (secure: string) =>
      isAllowed(reads('open/1', { context: { 'aws:securetransport': secure } }), {
        identity: policy(mayRead),
        resource,
      });

    expect(asked('true')).toBe(true);
    expect(asked('false')).toBe(false);
  });

  test('evaluates the principals of a resource policy', () => {
    const resource = policy({ ...mayRead, Principal: { Service: 'cloudfront.amazonaws.com' } });
    const asked = (caller: Question['caller']) =>
      isAllowed(reads('open/1', { caller }), { identity: [], resource });

    expect(asked({ kind: 'Service', name: 'cloudfront.amazonaws.com' })).toBe(true);
    expect(asked(clerk)).toBe(false);
    expect(asked({ kind: 'Anyone' })).toBe(false);
  });

  test.each([
    ['an operator', { Condition: { DateGreaterThan: { 'aws:CurrentTime': '2026' } } }],
    ['a key', { Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }],
  ])('rejects a condition with %s that it does not support', (_, more) => {
    const identity = policy({ ...mayRead, ...more });
    expect(() => isAllowed(reads('open/1'), { identity })).toThrow(/not supported|has no/);
  });

  test.each([
    ['exceptions', { NotAction: 's3:GetObject' }],
    ['variables', { Resource: `\${aws:username}` }],
    ['another effect', { Effect: 'Perhaps' }],
  ])('rejects a policy with %s', (_, more) => {
    expect(() => policy({ ...mayRead, ...more })).toThrow(/not supported/);
  });
});

describe('the check against the action list of AWS', () => {
  const first = async (more: object) => {
    const [statement] = policy({ ...mayRead, ...more });
    return statement ? mistakesOf(statement) : [];
  };

  test('accepts valid statements', async () => {
    expect(await first({})).toEqual([]);
    expect(await first({ Action: 's3:ListBucket', Resource: BOOKS })).toEqual([]);
  });

  test.each([
    ['an unknown action', { Action: 's3:PutObjects' }, /does not exist/],
    ['an unknown service', { Action: 's4:PutObject' }, /does not exist/],
    ['every action of a service', { Action: 's3:*' }, /wildcard/],
    ['a partial wildcard', { Action: 's3:Get*' }, /wildcard/],
    ['all resources', { Resource: '*' }, /narrower/],
    ['an object instead of a bucket', { Action: 's3:ListBucket' }, /does not support the resource/],
    ['a bucket instead of objects', { Resource: BOOKS }, /does not support the resource/],
    [
      'a condition of another action',
      { Condition: { StringEquals: { 's3:prefix': 'a' } } },
      /s3:prefix/,
    ],
  ])('rejects %s', async (_, more, mistake) => {
    expect((await first(more)).join()).toMatch(mistake);
  });
});

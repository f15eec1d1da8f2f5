import { beforeAll, describe, expect, test } from 'vitest';
import { mistakesOf } from '../support/iam/facts.ts';
import { readPolicy, type Statement } from '../support/iam/policy.ts';
import { questions } from '../support/iam/questions.ts';
import { identityOf, ofThing } from '../support/iam/world.ts';
import { allOf, type World } from '../support/rules/world.ts';
import { openStack, REGION } from '../support/stack.ts';

let world: World;
let ask: ReturnType<typeof questions>;
beforeAll(async () => {
  await using stack = await openStack();
  const { resources, errors } = await stack.run();
  expect(errors).toEqual([]);
  world = resources;
  ask = questions(world, REGION);
});

/** What each must be able to do, as `lambda/` and `src/` call AWS, and what it must not whatever is sent to it. */
const RIGHTS: Record<string, { may: string[]; mayNot: string[] }> = {
  'function of calls': {
    may: [
      's3:GetObject {photos}/staged/{id}',
      // An upload whose event was lost is processed by a call.
      's3:GetObject {photos}/temp/{id}',
      // Cut anew.
      's3:GetObject {photos}/image/{id}/master.webp',
      // S3 then says that an object is not there, instead of that it may not be read.
      's3:ListBucket {photos}',
      's3:PutObject {photos}/image/{id}/400.webp',
      's3:DeleteObject {photos}/staged/{id}',
      // What it had stored when one of the pictures fails.
      's3:DeleteObject {photos}/image/{id}/400.webp',
      'logs:CreateLogStream {httpLog}',
      'logs:PutLogEvents {httpLog}',
    ],
    mayNot: [
      's3:PutObject {photos}/temp/{id}',
      's3:PutObject {photos}/staged/{id}',
      's3:PutObject {photos}/index.html',
      's3:PutObject {page}/index.html',
      's3:DeleteObject {photos}/temp/{id}',
      's3:GetObject {release}/api/release.tar.gz',
      'secretsmanager:GetSecretValue {callback}',
      'secretsmanager:GetSecretValue {password}',
      'sqs:ReceiveMessage {queue}',
      'execute-api:Invoke {images}/$default/POST/images/{id}',
      'logs:PutLogEvents {laterLog}',
    ],
  },
  'function of the queue': {
    may: [
      'sqs:ReceiveMessage {queue}',
      'sqs:DeleteMessage {queue}',
      'sqs:GetQueueAttributes {queue}',
      's3:GetObject {photos}/temp/{id}',
      // Whether there are pictures of another upload already.
      's3:GetObject {photos}/image/{id}/50.webp',
      's3:ListBucket {photos}',
      's3:PutObject {photos}/image/{id}/400.webp',
      's3:DeleteObject {photos}/temp/{id}',
      'logs:CreateLogStream {laterLog}',
      'logs:PutLogEvents {laterLog}',
    ],
    mayNot: [
      // It would wake itself for ever.
      's3:PutObject {photos}/temp/{id}',
      's3:PutObject {photos}/staged/{id}',
      's3:GetObject {photos}/staged/{id}',
      's3:DeleteObject {photos}/image/{id}/400.webp',
      's3:PutObject {page}/index.html',
      'sqs:SendMessage {queue}',
      'sqs:PurgeQueue {queue}',
      'sqs:ReceiveMessage {dead}',
      'sqs:ReceiveMessage {otherQueue}',
      'secretsmanager:GetSecretValue {jwt}',
      'secretsmanager:GetSecretValue {password}',
      'execute-api:Invoke {images}/$default/POST/images/{id}',
      'logs:PutLogEvents {httpLog}',
    ],
  },
  API: {
    may: [
      // The forms it signs are good for what it may do itself.
      's3:PutObject {photos}/temp/{id}',
      's3:PutObject {photos}/staged/{id}',
      's3:AbortMultipartUpload {photos}/staged/{id}',
      's3:GetObject {photos}/temp/{id}',
      's3:ListBucket {photos}',
      's3:ListBucketVersions {photos}',
      's3:DeleteObject {photos}/image/{id}/400.webp',
      's3:DeleteObject {photos}/temp/{id}',
      's3:DeleteObject {photos}/staged/{id}',
      's3:DeleteObjectVersion {photos}/image/{id}/400.webp',
      's3:DeleteObjectVersion {photos}/temp/{id}',
      's3:DeleteObjectVersion {photos}/staged/{id}',
      'execute-api:Invoke {images}/$default/POST/images/{id}',
      'secretsmanager:GetSecretValue {jwt}',
      'secretsmanager:GetSecretValue {callback}',
      'secretsmanager:GetSecretValue {password}',
      's3:GetObject {release}/api/release.tar.gz',
      'logs:CreateLogStream {apiLog}',
      'logs:PutLogEvents {apiLog}',
    ],
    mayNot: [
      's3:PutObject {photos}/image/{id}/400.webp',
      's3:GetObject {photos}/image/{id}/400.webp',
      's3:PutObject {photos}/index.html',
      's3:PutObject {page}/index.html',
      's3:PutObject {release}/api/release.tar.gz',
      's3:PutObject {release}/function/function.zip',
      'execute-api:Invoke {images}/$default/GET/images/{id}',
      'execute-api:Invoke {images}/$default/POST/other',
      'execute-api:Invoke {otherImages}/$default/POST/images/{id}',
      'execute-api:ManageConnections {images}/$default/POST/@connections/1',
      'lambda:InvokeFunction {http}',
      'lambda:UpdateFunctionCode {http}',
      'sqs:SendMessage {queue}',
      'secretsmanager:PutSecretValue {jwt}',
      'secretsmanager:GetSecretValue {otherSecret}',
      'ssm:GetParameter {parameter}',
      'rds:ModifyDBInstance {database}',
      'logs:PutLogEvents {laterLog}',
    ],
  },
  'other role of the account': {
    may: [],
    mayNot: [
      's3:GetObject {photos}/image/{id}/400.webp',
      'sqs:SendMessage {queue}',
      'lambda:InvokeFunction {http}',
      'sns:Publish {topic}',
    ],
  },
  stranger: {
    may: [],
    mayNot: [
      's3:GetObject {photos}/image/{id}/400.webp',
      's3:GetObject {page}/index.html',
      's3:ListBucket {photos}',
      's3:PutObject {photos}/temp/{id}',
      'sqs:SendMessage {queue}',
      'lambda:InvokeFunction {http}',
      'execute-api:Invoke {images}/$default/POST/images/{id}',
    ],
  },
};

/** What nobody may, whoever broke into it. */
const NEVER = [
  's3:DeleteBucket {photos}',
  's3:PutBucketAcl {photos}',
  's3:PutBucketPolicy {photos}',
  's3:DeleteBucketPolicy {photos}',
  's3:PutBucketPublicAccessBlock {photos}',
  's3:PutBucketNotification {photos}',
  's3:PutLifecycleConfiguration {photos}',
  's3:PutObjectAcl {photos}/image/{id}/400.webp',
  's3:GetObject {otherBucket}/key',
  's3:PutObject {otherBucket}/key',
  'secretsmanager:GetSecretValue {otherSecret}',
  'iam:PutRolePolicy {apiRole}',
  'iam:PassRole {apiRole}',
  'sts:AssumeRole {apiRole}',
  'kms:Decrypt {key}',
  'logs:PutLogEvents {otherLog}',
  'logs:DeleteLogStream {apiLog}',
];

describe.each(Object.entries(RIGHTS))('the %s', (who, { may, mayNot }) => {
  if (may.length > 0) {
    test.each(may)('may %s', (what) => {
      expect(ask(who, what)).toBe(true);
    });

    test('may nothing of it without TLS', () => {
      const inBuckets = may.filter((what) => what.startsWith('s3:'));
      expect(inBuckets.filter((what) => ask(who, what, { tls: false }))).toEqual([]);
    });
  }

  test.each(mayNot)('may not %s', (what) => {
    expect(ask(who, what)).toBe(false);
  });

  test('may nothing that nobody may', () => {
    expect(NEVER.filter((what) => ask(who, what))).toEqual([]);
  });
});

describe('services of AWS', () => {
  test.each([
    [
      'CloudFront may s3:GetObject {photos}/image/{id}/400.webp',
      ['{distribution}', '{otherDistribution}'],
    ],
    ['CloudFront may s3:GetObject {page}/index.html', ['{distribution}', '{otherDistribution}']],
    ['S3 may sqs:SendMessage {queue}', ['{photos}', '{otherBucket}']],
    [
      'API Gateway may lambda:InvokeFunction {http}',
      ['{images}/$default/POST/images/{id}', '{otherImages}/$default/POST/images/{id}'],
    ],
  ])('%s for us, and for nobody else', (sentence, [ours, others]) => {
    const [who = '', what = ''] = sentence.split(' may ');

    expect(ask(who, what, { from: `${ours}` })).toBe(true);
    expect(ask(who, what, { from: `${others}` })).toBe(false);
    expect(ask(who, what)).toBe(false);
  });

  test.each([
    ['CloudFront', 's3:GetObject {photos}/temp/{id}', '{distribution}'],
    ['CloudFront', 's3:GetObject {photos}/staged/{id}', '{distribution}'],
    ['CloudFront', 's3:PutObject {photos}/image/{id}/400.webp', '{distribution}'],
    ['CloudFront', 's3:GetObject {release}/api/release.tar.gz', '{distribution}'],
    ['S3', 'sqs:SendMessage {dead}', '{photos}'],
    ['API Gateway', 'lambda:InvokeFunction {later}', '{images}/$default/POST/images/x'],
    ['API Gateway', 'lambda:InvokeFunction {http}', '{images}/$default/GET/images/x'],
  ])('%s may not %s', (who, what, from) => {
    expect(ask(who, what, { from })).toBe(false);
  });

  test('alarms reach people', () => {
    expect(ask('CloudWatch', 'sns:Publish {topic}')).toBe(true);
  });

  test('each role is taken on by the service it is for, and by nobody else', () => {
    const takers = allOf(world, 'iam/role:Role').map(({ name, inputs }) => {
      const trusted = readPolicy(String(inputs.assumeRolePolicy));
      expect(trusted.flatMap(({ actions }) => actions)).toEqual(['sts:AssumeRole']);
      return [name, trusted.flatMap(({ principals = [] }) => principals)];
    });
    const serviceOf = (name: string) => [{ kind: 'Service', name: `${name}.amazonaws.com` }];

    expect(Object.fromEntries(takers)).toEqual({
      api: serviceOf('ec2'),
      'functions-http': serviceOf('lambda'),
      'functions-queue': serviceOf('lambda'),
    });
  });
});

describe('every statement', () => {
  const all = (): Statement[] => [
    ...allOf(world, 'iam/role:Role').flatMap((role) => identityOf(role, world)),
    ...ofThing(world),
  ];

  test('names actions, things and conditions that AWS knows, and no more than it must', async () => {
    const mistakes = await Promise.all(all().map(mistakesOf));
    expect(mistakes.flat()).toEqual([]);
  });

  test('that speaks of everything is one of those that AWS lets speak of nothing less', () => {
    const loose = all().filter(
      ({ effect, resources }) => effect === 'Allow' && resources.includes('*'),
    );
    expect(loose.flatMap(({ actions }) => actions).sort()).toEqual([
      // A shell by Session Manager instead of SSH.
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ]);
  });

  test('that allows anybody something does not exist', () => {
    const open = ofThing(world).filter(
      ({ effect, principals = [] }) =>
        effect === 'Allow' && principals.some(({ kind }) => kind === 'Anyone'),
    );
    expect(open).toEqual([]);
  });
});

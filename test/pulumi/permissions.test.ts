import { beforeAll, describe, expect, test } from 'vitest';
import { callsOf } from '../support/iam/calls.ts';
import { mistakesOf } from '../support/iam/facts.ts';
import { readPolicy, type Statement } from '../support/iam/policy.ts';
import { questions } from '../support/iam/questions.ts';
import { NEVER, RIGHTS } from '../support/iam/rights.ts';
import { identityOf, ofThing } from '../support/iam/world.ts';
import { allOf, type World } from '../support/rules/world.ts';
import { openStack, REGION } from '../support/stack.ts';

let world: World;
let ask: ReturnType<typeof questions>;
beforeAll(async () => {
  using stack = openStack();
  const { resources, errors } = await stack.run();
  expect(errors).toEqual([]);
  world = resources;
  ask = questions(world, REGION);
});

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

test.each([
  ['lambda', ['function of calls', 'function of the queue']],
  ['src', ['API']],
])('everything that %s/ asks of AWS is among what it may', async (folder, callers) => {
  const allowed = callers
    .flatMap((who) => RIGHTS[who]?.may ?? [])
    .map((what) => what.split(' ')[0]);

  const calls = await callsOf(folder);

  expect(calls.length).toBeGreaterThan(3);
  expect(calls.filter(({ action }) => !allowed.includes(action))).toEqual([]);
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

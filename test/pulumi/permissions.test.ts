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

    test('may do none of it without TLS', () => {
      const inBuckets = may.filter((what) => what.startsWith('s3:'));
      expect(inBuckets.filter((what) => ask(who, what, { tls: false }))).toEqual([]);
    });
  }

  test.each(mayNot)('may not %s', (what) => {
    expect(ask(who, what)).toBe(false);
  });

  test('may do nothing that is forbidden to everyone', () => {
    expect(NEVER.filter((what) => ask(who, what))).toEqual([]);
  });
});

test.each([
  ['lambda', ['function of calls', 'function of the queue']],
  ['src', ['API']],
])('every AWS call in %s/ is allowed', async (folder, callers) => {
  const allowed = callers
    .flatMap((who) => RIGHTS[who]?.may ?? [])
    .map((what) => what.split(' ')[0]);

  const calls = await callsOf(folder);

  expect(calls.length).toBeGreaterThan(3);
  expect(calls.filter(({ action }) => !allowed.includes(action))).toEqual([]);
});

describe('AWS services', () => {
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
  ])('%s for this stack, and for no other', (sentence, [ours, others]) => {
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

  test('CloudWatch may publish alarms', () => {
    expect(ask('CloudWatch', 'sns:Publish {topic}')).toBe(true);
  });

  test('each role can be assumed only by its own service', () => {
    const trustees = allOf(world, 'iam/role:Role').map(({ name, inputs }) => {
      const trusted = readPolicy(String(inputs.assumeRolePolicy));
      expect(trusted.flatMap(({ actions }) => actions)).toEqual(['sts:AssumeRole']);
      return [name, trusted.flatMap(({ principals = [] }) => principals)];
    });
    const serviceOf = (name: string) => [{ kind: 'Service', name: `${name}.amazonaws.com` }];

    expect(Object.fromEntries(trustees)).toEqual({
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

  test('uses existing actions, resources and conditions, as narrow as AWS supports', async () => {
    const mistakes = await Promise.all(all().map(mistakesOf));
    expect(mistakes.flat()).toEqual([]);
  });

  test('uses the resource * only for actions that support nothing narrower', () => {
    const loose = all().filter(
      ({ effect, resources }) => effect === 'Allow' && resources.includes('*'),
    );
    expect(loose.flatMap(({ actions }) => actions).sort()).toEqual([
      // A shell through Session Manager instead of SSH.
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ]);
  });

  test('allows nothing to everyone', () => {
    const open = ofThing(world).filter(
      ({ effect, principals = [] }) =>
        effect === 'Allow' && principals.some(({ kind }) => kind === 'Anyone'),
    );
    expect(open).toEqual([]);
  });
});

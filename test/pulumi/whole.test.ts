import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  bareSecrets,
  lost,
  missingDependencies,
  reachable,
  strays,
} from '../support/engine/checks.ts';
import type { Resource } from '../support/engine/resource.ts';
import type { Run } from '../support/engine/run.ts';
import { texts } from '../support/engine/wire.ts';
import { allOf, only } from '../support/rules/world.ts';
import { openStack, REGION } from '../support/stack.ts';

/** Secrets of somebody who forgot `--secret`. */
const GIVEN = {
  jwtSecret: 'a-token-secret-of-thirty-two-characters',
  callbackSecret: `whsec_${'S3cr3t'.repeat(8)}`,
  adminPassword: 'a-long-walk-in-the-rain',
};

let stack: ReturnType<typeof openStack>;
let preview: Run;
let update: Run;
beforeAll(async () => {
  stack = openStack();
  const config = Object.fromEntries(
    Object.entries(GIVEN).map(([name, value]) => [`portrait:${name}`, value]),
  );
  [preview, update] = await Promise.all([stack.run({ preview: true, config }), stack.run()]);
});
afterAll(() => stack[Symbol.dispose]());

describe('the program', () => {
  test('runs to its end, in a preview and in an update, and complains of nothing', () => {
    for (const run of [preview, update]) {
      expect(run).toMatchObject({ exitCode: 0, errors: [], warnings: [] });
    }
    expect(update.resources.length).toBeGreaterThan(100);
  });

  test('asks in a preview for the same things as in the update', () => {
    expect(namesOf(preview)).toEqual(namesOf(update));
  });

  test('never writes a value that is not there yet into a text', () => {
    expect(strays(preview.resources)).toEqual([]);
    expect(strays(update.resources)).toEqual([]);
  });

  test('waits for no value that never comes', () => {
    expect(lost(preview.resources, update.resources).map(({ where }) => where)).toEqual([]);
  });

  test('makes nothing before what it needs', () => {
    expect(missingDependencies(update.resources)).toEqual([]);
  });

  test.each([
    // An S3 that may not send tries once, and refuses the rule.
    ['bucketNotification:BucketNotification', ['queuePolicy:QueuePolicy']],
    // It may read the queue, or AWS refuses to connect the two.
    ['eventSourceMapping:EventSourceMapping', ['rolePolicy:RolePolicy functions-queue']],
    ['lambda/function:Function functions-http', ['rolePolicy:RolePolicy functions-http']],
    [
      'autoscaling/group:Group',
      [
        'rolePolicy:RolePolicy api',
        'route:Route network-to-internet',
        'RouteTableAssociation network-public-1',
        'SecurityGroupEgressRule doors-api-to-web-443',
        'SecurityGroupEgressRule doors-api-to-database',
        'SecurityGroupIngressRule doors-balancer-to-api',
        // Without it nobody asks the machines whether they are healthy.
        'listener:Listener',
      ],
    ],
    ['vpcOrigin:VpcOrigin', ['internetGateway:InternetGateway']],
  ])('makes %s after what no value tells of', (later, earlier) => {
    const named = (words: string) => {
      const [kind = '', name] = words.split(' ');
      return only(update.resources, kind, name);
    };
    const before = reachable(named(later), update.resources);

    expect(earlier.filter((words) => !before.has(named(words).urn))).toEqual([]);
  });

  test('puts every thing into a component', () => {
    const components = update.resources.filter(({ custom }) => !custom);
    const orphans = update.resources.filter(
      ({ type, custom, parent }) =>
        custom &&
        !type.startsWith('pulumi:providers:') &&
        !components.some(({ urn }) => urn === parent),
    );

    expect(orphans.map(({ name }) => name)).toEqual([]);
  });

  test('asks the second time for what it asked the first time', async () => {
    const again = await stack.run({ after: update });

    expect(again).toMatchObject({ exitCode: 0, errors: [] });
    expect(inputsOf(again)).toEqual(inputsOf(update));
  });

  test('rolls out another API and another image function where they run, and touches nothing else', async () => {
    stack.artefacts.write({ 'aws/api.tar.gz': 'another', 'aws/function.zip': 'another' });
    const next = await stack.run({ after: update });

    const before = inputsOf(update);
    const differing = next.resources.filter(
      ({ urn, inputs }) => JSON.stringify(inputs) !== JSON.stringify(before[urn]),
    );
    expect(namesOf(next)).toEqual(namesOf(update));
    expect(differing.map(({ type, name }) => `${type.split(':').at(-1)} ${name}`).sort()).toEqual([
      'BucketObjectv2 release-api',
      'BucketObjectv2 release-function',
      'Function functions-http',
      'Function functions-queue',
      'LaunchTemplate api',
    ]);
  });

  test('stays in its region', () => {
    const elsewhere = update.resources.flatMap(({ name, inputs }) =>
      texts(inputs)
        .filter(({ text }) => /\b[a-z]{2}-[a-z]+-\d\b/.test(text.replaceAll(REGION, '')))
        .map(({ path }) => `${name}.${path}`),
    );
    expect(elsewhere).toEqual([]);
  });

  test('makes names that AWS takes: short where they must be', () => {
    const limits = { 'lb/loadBalancer:LoadBalancer': 32, 'lb/targetGroup:TargetGroup': 32 };
    for (const [kind, limit] of Object.entries(limits)) {
      for (const { computed } of allOf(update.resources, kind)) {
        expect(String(computed.name).length).toBeLessThanOrEqual(limit);
      }
    }
    for (const { computed } of allOf(update.resources, 's3/bucket:Bucket')) {
      expect(computed.bucket).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
    }
  });
});

describe('with everything chosen otherwise', () => {
  const chosen = {
    domain: 'photos.example.com',
    hostedZoneId: 'Z0123456789ABC',
    existingBucket: 'bucket-of-the-house',
    bucketSettings: 'cors,lifecycle,notification,policy,publicAccessBlock',
    playground: 'true',
    protectData: 'false',
    databaseMultiAz: 'true',
    alarmEmail: 'oncall@example.com',
    monthlyBudget: '0',
    formats: 'webp,jpeg',
  };
  let other: Run;
  beforeAll(async () => {
    const config = Object.fromEntries(
      Object.entries(chosen).map(([name, value]) => [`portrait:${name}`, value]),
    );
    other = await stack.run({ config });
  });

  test('the program is as sound', () => {
    expect(other).toMatchObject({ exitCode: 0, errors: [] });
    expect(strays(other.resources)).toEqual([]);
    expect(missingDependencies(other.resources, Object.values(chosen))).toEqual([]);
  });

  test('the house keeps its bucket: nothing of ours makes or protects it', () => {
    const names = allOf(other.resources, 's3/bucket:Bucket').map(({ name }) => name);
    expect(names.sort()).toEqual(['page', 'release']);
    expect(other.outputs).toMatchObject({ bucket: 'bucket-of-the-house' });
  });

  test('what need not be kept can be destroyed in one go', () => {
    const kept = other.resources.filter(({ options }) => options.protect).map(({ name }) => name);
    const database = only(other.resources, 'rds/instance:Instance').inputs;

    expect(kept).toEqual([]);
    expect(database).toMatchObject({ deletionProtection: false, skipFinalSnapshot: true });
  });

  test('only the certificate of CloudFront is elsewhere', () => {
    const elsewhere = other.resources.filter(
      ({ inputs }) => 'region' in inputs && inputs.region !== REGION,
    );
    const types = new Set(elsewhere.map(({ type }) => type.split(':').at(-1)));
    expect(types).toEqual(new Set(['Certificate', 'CertificateValidation']));
  });
});

describe('secrets', () => {
  const madeUp = () =>
    allOf(update.resources, 'secretVersion:SecretVersion').map(
      ({ inputs }) => `${inputs.secretString}`,
    );

  test('are secret wherever they are said, made up or given', () => {
    expect(madeUp()).toHaveLength(3);
    expect(bareSecrets(update.resources, madeUp())).toEqual([]);
    expect(bareSecrets(preview.resources, Object.values(GIVEN))).toEqual([]);
  });

  test('are not in the first lines of a machine, where its role and every process can read them', () => {
    const { inputs } = only(update.resources, 'launchTemplate:LaunchTemplate');
    const userData = Buffer.from(String(inputs.userData), 'base64').toString();

    expect(userData).toContain('secretsmanager');
    expect(madeUp().filter((secret) => userData.includes(secret))).toEqual([]);
  });

  test('are secret among what the stack exports', () => {
    const shown = Object.entries(update.outputs ?? {}).filter(([, value]) =>
      texts(value).some(({ text }) => madeUp().includes(text)),
    );
    for (const [name] of shown) expect(update.secretOutputs).toContain(name);
  });

  test('are made up once, of enough chance', () => {
    for (const { options, inputs } of allOf(update.resources, 'secretVersion:SecretVersion')) {
      expect(options.ignoreChanges).toContain('secretString');
      expect(String(inputs.secretString).length).toBeGreaterThanOrEqual(24);
    }
    expect(new Set(madeUp()).size).toBe(3);
  });
});

test('exports every address one looks for', () => {
  const { outputs = {} } = update;
  expect(outputs).toMatchObject({
    pageUrl: expect.stringMatching(/^https:\/\/[^/]+$/),
    graphqlUrl: expect.stringMatching(/^https:\/\/[^/]+\/graphql$/),
    imageApiUrl: expect.stringMatching(/^https:\/\/[^/]+$/),
    bucket: only(update.resources, 's3/bucket:Bucket', 'photos').computed.id,
    queueUrl: expect.stringMatching(/^https:\/\/sqs\./),
    deadLetterUrl: expect.stringMatching(/^https:\/\/sqs\./),
  });
  const groups = allOf(update.resources, 'logGroup:LogGroup').map(({ computed }) => computed.name);
  expect([...Object(outputs.logGroups)].sort()).toEqual(groups.sort());
});

const namesOf = ({ resources }: Run) => resources.map(({ urn }) => urn).sort();

const inputsOf = ({ resources }: Run) =>
  Object.fromEntries(resources.map(({ urn, inputs }: Resource) => [urn, inputs]));

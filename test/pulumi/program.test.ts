import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { MINIMAL_ARTIFACTS } from '../support/artifacts.ts';
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

/** Secrets that were set without `--secret`. */
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
  test('completes a preview and an update without errors or warnings', () => {
    for (const run of [preview, update]) {
      expect(run).toMatchObject({ exitCode: 0, errors: [], warnings: [] });
    }
    expect(update.resources.length).toBeGreaterThan(100);
  });

  test('registers the same resources in a preview and in an update', () => {
    expect(namesOf(preview)).toEqual(namesOf(update));
  });

  test('never converts an unresolved value to a string', () => {
    expect(strays(preview.resources)).toEqual([]);
    expect(strays(update.resources)).toEqual([]);
  });

  test('uses no output that AWS never sets', () => {
    expect(lost(preview.resources, update.resources).map(({ where }) => where)).toEqual([]);
  });

  test('creates nothing before its dependencies', () => {
    expect(missingDependencies(update.resources)).toEqual([]);
  });

  test.each([
    // S3 sends a test message first, and rejects the notification without permission.
    ['bucketNotification:BucketNotification', ['queuePolicy:QueuePolicy']],
    // AWS rejects the mapping if the function may not read the queue.
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
        // Without a listener, targets are not health-checked.
        'listener:Listener',
      ],
    ],
    ['vpcOrigin:VpcOrigin', ['internetGateway:InternetGateway']],
  ])('creates %s after its implicit dependencies', (dependent, dependencies) => {
    const named = (words: string) => {
      const [kind = '', name] = words.split(' ');
      return only(update.resources, kind, name);
    };
    const before = reachable(named(dependent), update.resources);

    expect(dependencies.filter((words) => !before.has(named(words).urn))).toEqual([]);
  });

  test('puts every resource into a component', () => {
    const components = update.resources.filter(({ custom }) => !custom);
    const orphans = update.resources.filter(
      ({ type, custom, parent }) =>
        custom &&
        !type.startsWith('pulumi:providers:') &&
        !components.some(({ urn }) => urn === parent),
    );

    expect(orphans.map(({ name }) => name)).toEqual([]);
  });

  test('changes nothing in a second update', async () => {
    const again = await stack.run({ after: update });

    expect(again).toMatchObject({ exitCode: 0, errors: [] });
    expect(inputsOf(again)).toEqual(inputsOf(update));
  });

  test('replaces only the API and the image functions for a new release', async () => {
    stack.artifacts.write({ 'aws/api.tar.gz': 'another', 'aws/function.zip': 'another' });
    onTestFinished(() => stack.artifacts.write(MINIMAL_ARTIFACTS));
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

  test('contains no other region', () => {
    const elsewhere = update.resources.flatMap(({ name, inputs }) =>
      texts(inputs)
        .filter(({ text }) => /\b[a-z]{2}-[a-z]+-\d\b/.test(text.replaceAll(REGION, '')))
        .map(({ path }) => `${name}.${path}`),
    );
    expect(elsewhere).toEqual([]);
  });

  test('creates names within the limits of AWS', () => {
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

describe('with all settings changed', () => {
  const settings = {
    domain: 'photos.example.com',
    hostedZoneId: 'Z0123456789ABC',
    existingBucket: 'existing-bucket',
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
      Object.entries(settings).map(([name, value]) => [`portrait:${name}`, value]),
    );
    other = await stack.run({ config });
  });

  test('the program still completes without errors', () => {
    expect(other).toMatchObject({ exitCode: 0, errors: [] });
    expect(strays(other.resources)).toEqual([]);
    expect(missingDependencies(other.resources, Object.values(settings))).toEqual([]);
  });

  test('the existing bucket is neither created nor protected', () => {
    const names = allOf(other.resources, 's3/bucket:Bucket').map(({ name }) => name);
    expect(names.sort()).toEqual(['page', 'release']);
    expect(other.outputs).toMatchObject({ bucket: 'existing-bucket' });
  });

  test('unprotected data can be destroyed in one step', () => {
    const protectedNames = other.resources
      .filter(({ options }) => options.protect)
      .map(({ name }) => name);
    const database = only(other.resources, 'rds/instance:Instance').inputs;

    expect(protectedNames).toEqual([]);
    expect(database).toMatchObject({ deletionProtection: false, skipFinalSnapshot: true });
  });

  test('only the CloudFront certificate is in another region', () => {
    const elsewhere = other.resources.filter(
      ({ inputs }) => 'region' in inputs && inputs.region !== REGION,
    );
    const types = new Set(elsewhere.map(({ type }) => type.split(':').at(-1)));
    expect(types).toEqual(new Set(['Certificate', 'CertificateValidation']));
  });
});

describe('secrets', () => {
  const generated = () =>
    allOf(update.resources, 'secretVersion:SecretVersion').map(
      ({ inputs }) => `${inputs.secretString}`,
    );

  test('are marked as secret everywhere, whether generated or configured', () => {
    expect(generated()).toHaveLength(3);
    expect(bareSecrets(update.resources, generated())).toEqual([]);
    expect(bareSecrets(preview.resources, Object.values(GIVEN))).toEqual([]);
  });

  test('are not in user data, which its role and every process can read', () => {
    const { inputs } = only(update.resources, 'launchTemplate:LaunchTemplate');
    const userData = Buffer.from(String(inputs.userData), 'base64').toString();

    expect(userData).toContain('secretsmanager');
    expect(generated().filter((secret) => userData.includes(secret))).toEqual([]);
  });

  test('are marked as secret in the stack outputs', () => {
    const shown = Object.entries(update.outputs ?? {}).filter(([, value]) =>
      texts(value).some(({ text }) => generated().includes(text)),
    );
    for (const [name] of shown) expect(update.secretOutputs).toContain(name);
  });

  test('are generated once, with sufficient entropy', () => {
    for (const { options, inputs } of allOf(update.resources, 'secretVersion:SecretVersion')) {
      expect(options.ignoreChanges).toContain('secretString');
      expect(String(inputs.secretString).length).toBeGreaterThanOrEqual(24);
    }
    expect(new Set(generated()).size).toBe(3);
  });
});

test('the stack outputs contain every address', () => {
  const { outputs = {} } = update;
  expect(outputs).toMatchObject({
    webAppUrl: expect.stringMatching(/^https:\/\/[^/]+$/),
    graphqlUrl: expect.stringMatching(/^https:\/\/[^/]+\/graphql$/),
    imageApiUrl: expect.stringMatching(/^https:\/\/[^/]+$/),
    bucket: only(update.resources, 's3/bucket:Bucket', 'photos').computed.id,
    queueUrl: expect.stringMatching(/^https:\/\/sqs\./),
    deadLetterQueueUrl: expect.stringMatching(/^https:\/\/sqs\./),
  });
  const groups = allOf(update.resources, 'logGroup:LogGroup').map(({ computed }) => computed.name);
  expect([...Object(outputs.logGroups)].sort()).toEqual(groups.sort());
});

const namesOf = ({ resources }: Run) => resources.map(({ urn }) => urn).sort();

const inputsOf = ({ resources }: Run) =>
  Object.fromEntries(resources.map(({ urn, inputs }: Resource) => [urn, inputs]));

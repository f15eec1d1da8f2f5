import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareSecrets, missingDependencies, strays } from '../support/engine/checks.ts';
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

let stack: Awaited<ReturnType<typeof openStack>>;
let preview: Run;
let update: Run;
beforeAll(async () => {
  stack = await openStack();
  const config = Object.fromEntries(
    Object.entries(GIVEN).map(([name, value]) => [`portrait:${name}`, value]),
  );
  [preview, update] = await Promise.all([stack.run({ preview: true, config }), stack.run()]);
});
afterAll(() => stack[Symbol.asyncDispose]());

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

  test('makes nothing before what it needs', () => {
    expect(missingDependencies(update.resources)).toEqual([]);
  });

  test('puts every thing into a component, which says that it is complete', () => {
    const components = update.resources.filter(({ custom }) => !custom);
    const orphans = update.resources.filter(
      ({ type, custom, parent }) =>
        custom &&
        !type.startsWith('pulumi:providers:') &&
        !components.some(({ urn }) => urn === parent),
    );

    expect(orphans.map(({ name }) => name)).toEqual([]);
    expect(components.filter(({ outputs }) => !outputs).map(({ type }) => type)).toEqual([]);
  });

  test('asks the second time for what it asked the first time', async () => {
    const again = await stack.run({ after: update });

    expect(again).toMatchObject({ exitCode: 0, errors: [] });
    expect(inputsOf(again)).toEqual(inputsOf(update));
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

describe('bad input', () => {
  test.each([
    [
      'tells every mistake in a line of its own',
      {
        'portrait:sizes': '50,large',
        'portrait:blurRadius': '-1',
        'portrait:bluur': 'true',
        'portrait:callbackSecret': 'whsec_short',
      },
      [
        /sizes must be .*"50,large"/,
        /blurRadius must be .*"-1"/,
        /bluur is no option/,
        /callbackSecret must be/,
      ],
    ],
    [
      'tells what does not go together',
      { 'portrait:domain': 'photos.example.com', 'portrait:minInstances': '9' },
      [/domain needs hostedZoneId/, /minInstances must not exceed/],
    ],
  ])('%s, and makes nothing', async (_, config, mistakes) => {
    const { errors, resources, exitCode } = await stack.run({ config });

    const lines = errors
      .join('\n')
      .split('\n')
      .filter((line) => / (must|is|needs) /.test(line));
    expect(lines).toHaveLength(mistakes.length);
    for (const mistake of mistakes) expect(lines.join('\n')).toMatch(mistake);
    expect(errors.join()).not.toContain('whsec_short');
    expect(resources).toEqual([]);
    expect(exitCode).not.toBe(0);
  });

  test('tells which bundle is missing, and makes nothing', async () => {
    await using empty = await openStack({});
    const { errors, resources } = await empty.run();

    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^\S+function\.zip is missing\. Run "npm run bundle" first\.$/);
    expect(resources).toEqual([]);
  });

  test('tells that there is no such bucket, and makes nothing', async () => {
    const { errors, resources } = await stack.run({
      preview: true,
      config: { 'portrait:existingBucket': 'bucket-of-nobody' },
    });

    expect(errors.join('\n')).toMatch(/existingBucket: "bucket-of-nobody" cannot be used\./);
    expect(resources.filter(({ custom, type }) => custom && type.startsWith('aws:'))).toEqual([]);
  });
});

const namesOf = ({ resources }: Run) => resources.map(({ urn }) => urn).sort();

const inputsOf = ({ resources }: Run) =>
  Object.fromEntries(resources.map(({ urn, inputs }: Resource) => [urn, inputs]));

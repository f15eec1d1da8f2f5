import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FUNCTION_ENV, PROCESS_ENV } from '../../contract/config/function-env.ts';
import { readConfig as readFunctionConfig } from '../../lambda/config.ts';
import type { StackConfig } from '../../pulumi/config/read.ts';
import { STACK_SETTINGS } from '../../pulumi/config/settings.ts';
import { SETTINGS } from '../../src/config.ts';
import { writeArtifacts } from '../support/artifacts.ts';
import { type Deployed, deploy, userDataOf } from '../support/pulumi-mocks.ts';

const artifacts = writeArtifacts();
afterAll(artifacts.remove);

/** Selects parts of a deployment. */
const at = {
  function: (entry: string) => (deployed: Deployed) =>
    deployed.inputsOf('lambda/function')[`functions-${entry}`],
  functionEnv: (name: string) => (deployed: Deployed) =>
    Object.values(deployed.inputsOf('lambda/function')).map(
      ({ environment }) => Object(environment).variables[name],
    ),
  apiEnv: (name: string) => (deployed: Deployed) =>
    new RegExp(`^${name}="(.*)"$`, 'm').exec(userDataOf(deployed))?.[1],
  one: (type: string, input: string) => (deployed: Deployed) =>
    Object.values(deployed.inputsOf(type)).map((inputs) => inputs[input]),
  behaviors: (deployed: Deployed): string[] =>
    Object(deployed.inputsOf('cloudfront/distribution').edge).orderedCacheBehaviors.map(
      ({ pathPattern }: { pathPattern: string }) => pathPattern,
    ),
};

/** For each setting: a value other than the default, the part of the deployment it affects, and the expected content. */
const EFFECTS: Record<
  Exclude<keyof StackConfig, 'artifacts' | 'existingBucket' | 'bucketSettings'>,
  [value: string, select: (deployed: Deployed) => unknown, expected: unknown]
> = {
  sizes: ['64,128', at.apiEnv('THUMB_DIMENSIONS'), '64,128'],
  formats: ['webp,jpeg', at.functionEnv('FORMATS'), ['webp,jpeg', 'webp,jpeg']],
  blur: ['false', at.functionEnv('BLUR'), ['false', 'false']],
  blurRadius: ['30', at.functionEnv('BLUR_RADIUS'), ['30', '30']],
  maxUploadBytes: ['1000000', at.apiEnv('MAX_UPLOAD_BYTES'), '1000000'],
  maxPixels: ['20000000', at.functionEnv('MAX_PIXELS'), ['20000000', '20000000']],
  presignedUrlExpiration: ['60', at.apiEnv('PRESIGNED_URL_EXPIRATION'), '60'],
  expirationDays: ['3', at.apiEnv('EXPIRATION_DAYS'), '3'],
  functionMemory: ['2048', at.one('lambda/function', 'memorySize'), [2048, 2048]],
  queueConcurrency: [
    '9',
    at.one('lambda/eventSourceMapping', 'scalingConfig'),
    [{ maximumConcurrency: 9 }],
  ],
  versioned: ['true', at.one('s3/bucketVersioning', 'bucket'), ['photos-id']],
  imageFolder: ['pictures/', at.functionEnv('IMAGE_FOLDER'), ['pictures/', 'pictures/']],
  temporaryFolder: ['inbox/', at.apiEnv('TEMPORARY_IMAGE_PATH'), 'inbox/'],
  instanceType: ['m8g.large', at.one('ec2/launchTemplate', 'instanceType'), ['m8g.large']],
  minInstances: ['3', at.one('autoscaling/group', 'minSize'), [3]],
  maxInstances: ['9', at.one('autoscaling/group', 'maxSize'), [9]],
  signUp: ['closed', at.apiEnv('SIGN_UP'), 'closed'],
  playground: ['true', at.behaviors, expect.arrayContaining(['/playground*'])],
  operations: ['listed', at.apiEnv('OPERATIONS'), 'dist/operations.json'],
  adminEmail: ['me@example.com', at.apiEnv('ADMIN_EMAIL'), 'me@example.com'],
  adminPassword: ['correct-horse', (all) => all.outputs.adminPassword, 'correct-horse'],
  jwtSecret: [
    'x'.repeat(40),
    at.one('secretsmanager/secretVersion', 'secretString'),
    expect.arrayContaining(['x'.repeat(40)]),
  ],
  jwtSecretOther: [
    'y'.repeat(40),
    at.one('secretsmanager/secretVersion', 'secretString'),
    expect.arrayContaining(['y'.repeat(40)]),
  ],
  callbackSecret: [
    `whsec_${'A'.repeat(44)}`,
    (all) => Object(at.function('queue')(all)?.environment).variables.CALLBACK_SECRET,
    `whsec_${'A'.repeat(44)}`,
  ],
  authIssuer: ['https://id.example.com/', at.apiEnv('AUTH_ISSUER'), 'https://id.example.com/'],
  authAudience: ['portrait', at.apiEnv('AUTH_AUDIENCE'), 'portrait'],
  corsOrigins: [
    'https://a.example.com,https://b.example.com',
    (all) => Object(at.one('s3/bucketCorsConfiguration', 'corsRules')(all)[0])[0].allowedOrigins,
    ['https://photos.example.com', 'https://a.example.com', 'https://b.example.com'],
  ],
  logLevel: ['debug', at.apiEnv('LOG_LEVEL'), 'debug'],
  otlpEndpoint: [
    'https://otlp.example.com',
    (all) => [
      at.apiEnv('OTEL_EXPORTER_OTLP_ENDPOINT')(all),
      ...at.functionEnv('OTEL_EXPORTER_OTLP_ENDPOINT')(all),
    ],
    Array(3).fill('https://otlp.example.com'),
  ],
  tracePercent: ['5', at.apiEnv('OTEL_TRACES_SAMPLER_ARG'), '0.05'],
  otlpHeaders: [
    'api-key=abc123',
    at.functionEnv('OTEL_EXPORTER_OTLP_HEADERS'),
    ['api-key=abc123', 'api-key=abc123'],
  ],
  databaseClass: ['db.m8g.large', at.one('rds/instance', 'instanceClass'), ['db.m8g.large']],
  databaseStorage: ['100', at.one('rds/instance', 'allocatedStorage'), [100]],
  databaseMultiAz: ['true', at.one('rds/instance', 'multiAz'), [true]],
  databaseBackupDays: ['30', at.one('rds/instance', 'backupRetentionPeriod'), [30]],
  domain: ['photos.example.com', (all) => all.outputs.webAppUrl, 'https://photos.example.com'],
  hostedZoneId: ['Z0123456789', at.one('route53/record', 'type'), ['A', 'AAAA']],
  certificateArn: [
    'arn:aws:acm:us-east-1:123456789012:certificate/1a',
    at.one('cloudfront/distribution', 'viewerCertificate'),
    [expect.objectContaining({ acmCertificateArn: expect.stringMatching(/certificate\/1a$/) })],
  ],
  alarmEmail: ['me@example.com', at.one('sns/topicSubscription', 'endpoint'), ['me@example.com']],
  monthlyBudget: ['250', at.one('budgets/budget', 'limitAmount'), ['250']],
  logDays: ['90', at.one('cloudwatch/logGroup', 'retentionInDays'), [90, 90, 90, 90]],
  protectData: ['false', at.one('rds/instance', 'deletionProtection'), [false]],
};

let plain: Deployed;
/** With every setting changed. */
let changed: Deployed;
beforeAll(async () => {
  plain = await deploy(artifacts.folder);
  const config = Object.entries(EFFECTS).map(([name, [value]]) => [name, value]);
  changed = await deploy(artifacts.folder, Object.fromEntries(config));
});

describe('each setting has its effect', () => {
  test.each(Object.entries(EFFECTS))('%s', (_name, [, select, expected]) => {
    expect(select(plain)).not.toEqual(expected);
    expect(select(changed)).toEqual(expected);
  });

  test('the table lists every setting', () => {
    const elsewhere = ['artifacts', 'existingBucket', 'bucketSettings'];
    expect([...Object.keys(EFFECTS), ...elsewhere].sort()).toEqual(
      Object.keys(STACK_SETTINGS).sort(),
    );
  });
});

describe('the configuration of API and functions', () => {
  test('contains only settings of the API, and its secrets', () => {
    const script = userDataOf(changed);
    const [, settings = ''] =
      /\/etc\/portrait\.env <<'END_OF_FILE'\n([\s\S]*?)\nEND/.exec(script) ?? [];
    const names = settings.split('\n').map((line) => line.replace(/=.*/, ''));
    const secrets = [...script.matchAll(/^ {2}fetch (\w+) /gm)].map(([, name]) => name);

    expect([...names, ...secrets].filter((name) => !SETTINGS.includes(String(name)))).toEqual([]);
    expect(secrets).toEqual([
      'JWT_SECRET',
      'CALLBACK_SECRET',
      'ADMIN_PASSWORD',
      'JWT_SECRET_OTHER',
      'OTEL_EXPORTER_OTLP_HEADERS',
    ]);
    expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'DATABASE_SECRET']));
  });

  test('contains only settings of the image function, with valid values', () => {
    const known: string[] = [...FUNCTION_ENV, ...Object.keys(PROCESS_ENV)];
    for (const { environment } of Object.values(changed.inputsOf('lambda/function'))) {
      const { variables } = Object(environment);
      const names = Object.keys(variables);
      expect(names.filter((name) => !known.includes(name))).toEqual([]);
      expect(() => readFunctionConfig({ ...variables, AWS_REGION: 'eu-central-1' })).not.toThrow();
    }
  });

  test('contains no secret in user data', () => {
    const values = Object.values(changed.inputsOf('secretsmanager/secretVersion'));

    for (const { secretString } of values) {
      expect(userDataOf(changed)).not.toContain(String(secretString));
    }
    expect(userDataOf(changed)).toContain(
      'postgresql://portrait@database.rds.amazonaws.com:5432/portrait?sslmode=verify-full',
    );
  });

  test('uses the configured folders everywhere, from the S3 event to CloudFront', () => {
    const notification = Object(changed.inputsOf('s3/bucketNotification'))['functions-uploads'];
    const lifecycle = JSON.stringify(changed.inputsOf('s3/bucketLifecycleConfiguration').photos);
    const readable = String(changed.inputsOf('s3/bucketPolicy').photos?.policy);

    expect(notification.queues).toMatchObject([{ filterPrefix: 'inbox/' }]);
    expect(lifecycle).toContain('"prefix":"inbox/"');
    expect(readable).toContain('arn:aws:s3:::photos-id/pictures/*');
    expect(at.behaviors(changed)).toContain('/pictures/*');
    expect(JSON.stringify(changed.inputsOf('iam/rolePolicy'))).not.toMatch(
      /photos-id\/(temp|image)\//,
    );
  });
});

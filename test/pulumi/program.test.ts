import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPTIONS } from '../../pulumi/options/table.ts';
import type { Options } from '../../pulumi/options.ts';
import { type Deployed, deploy, makeArtefacts } from '../support/pulumi.ts';

const artefacts = makeArtefacts({
  'page/index.html': '<p>Portrait</p>',
  'page/favicon.svg': '<svg/>',
  'page/assets/index-1a2b.js': 'alert()',
});
afterAll(artefacts.remove);

/** What is looked at in a deployment. */
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
  behaviours: (deployed: Deployed): string[] =>
    Object(deployed.inputsOf('cloudfront/distribution').edge).orderedCacheBehaviors.map(
      ({ pathPattern }: { pathPattern: string }) => pathPattern,
    ),
};

const userDataOf = (deployed: Deployed) =>
  Buffer.from(String(deployed.inputsOf('ec2/launchTemplate').api?.userData), 'base64').toString();

/** Each option: another value than its default, where that shows, and what shows there. */
const EFFECTS: Record<
  Exclude<keyof Options, 'artefacts' | 'existingBucket' | 'bucketSettings'>,
  [value: string, where: (deployed: Deployed) => unknown, shows: unknown]
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
  playground: ['true', at.behaviours, expect.arrayContaining(['/playground*'])],
  adminEmail: ['me@example.com', at.apiEnv('ADMIN_EMAIL'), 'me@example.com'],
  adminPassword: ['correct-horse', (all) => all.outputs.adminPassword, 'correct-horse'],
  jwtSecret: [
    'x'.repeat(40),
    at.one('secretsmanager/secretVersion', 'secretString'),
    expect.arrayContaining(['x'.repeat(40)]),
  ],
  callbackSecret: [
    `whsec_${'A'.repeat(44)}`,
    (all) => Object(at.function('queue')(all)?.environment).variables.CALLBACK_SECRET,
    `whsec_${'A'.repeat(44)}`,
  ],
  authIssuer: ['https://id.example.com/', at.apiEnv('AUTH_ISSUER'), 'https://id.example.com/'],
  authAudience: ['portrait', at.apiEnv('AUTH_AUDIENCE'), 'portrait'],
  logLevel: ['debug', at.apiEnv('LOG_LEVEL'), 'debug'],
  databaseClass: ['db.m8g.large', at.one('rds/instance', 'instanceClass'), ['db.m8g.large']],
  databaseStorage: ['100', at.one('rds/instance', 'allocatedStorage'), [100]],
  databaseMultiAz: ['true', at.one('rds/instance', 'multiAz'), [true]],
  databaseBackupDays: ['30', at.one('rds/instance', 'backupRetentionPeriod'), [30]],
  domain: ['photos.example.com', (all) => all.outputs.pageUrl, 'https://photos.example.com'],
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

describe('each option shows where it should', () => {
  let plain: Deployed;
  let changed: Deployed;
  beforeAll(async () => {
    plain = await deploy(artefacts.folder);
    const options = Object.entries(EFFECTS).map(([name, [value]]) => [name, value]);
    changed = await deploy(artefacts.folder, Object.fromEntries(options));
  });

  test.each(Object.entries(EFFECTS))('%s', (_name, [, where, shows]) => {
    expect(where(plain)).not.toEqual(shows);
    expect(where(changed)).toEqual(shows);
  });

  test('and none is forgotten here', () => {
    const elsewhere = ['artefacts', 'existingBucket', 'bucketSettings'];
    expect([...Object.keys(EFFECTS), ...elsewhere].sort()).toEqual(Object.keys(OPTIONS).sort());
  });
});

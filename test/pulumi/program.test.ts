import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FUNCTION_ENV, PROCESS_ENV } from '../../lambda/contract.ts';
import { OPTIONS } from '../../pulumi/options/table.ts';
import type { Options } from '../../pulumi/options.ts';
import { SETTINGS } from '../../src/config.ts';
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
  corsOrigins: [
    'https://a.example.com,https://b.example.com',
    (all) => Object(at.one('s3/bucketCorsConfiguration', 'corsRules')(all)[0])[0].allowedOrigins,
    ['https://photos.example.com', 'https://a.example.com', 'https://b.example.com'],
  ],
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

let plain: Deployed;
/** With every option changed. */
let changed: Deployed;
beforeAll(async () => {
  plain = await deploy(artefacts.folder);
  const options = Object.entries(EFFECTS).map(([name, [value]]) => [name, value]);
  changed = await deploy(artefacts.folder, Object.fromEntries(options));
});

describe('each option shows where it should', () => {
  test.each(Object.entries(EFFECTS))('%s', (_name, [, where, shows]) => {
    expect(where(plain)).not.toEqual(shows);
    expect(where(changed)).toEqual(shows);
  });

  test('and none is forgotten here', () => {
    const elsewhere = ['artefacts', 'existingBucket', 'bucketSettings'];
    expect([...Object.keys(EFFECTS), ...elsewhere].sort()).toEqual(Object.keys(OPTIONS).sort());
  });
});

describe('what the parts are told', () => {
  test('are settings that the API knows, and the secrets it needs', () => {
    const script = userDataOf(changed);
    const [, settings = ''] =
      /\/etc\/portrait\.env <<'END_OF_FILE'\n([\s\S]*?)\nEND/.exec(script) ?? [];
    const names = settings.split('\n').map((line) => line.replace(/=.*/, ''));
    const secrets = [...script.matchAll(/^ {2}fetch (\w+) /gm)].map(([, name]) => name);

    expect([...names, ...secrets].filter((name) => !SETTINGS.includes(String(name)))).toEqual([]);
    expect(secrets).toEqual(['JWT_SECRET', 'CALLBACK_SECRET', 'ADMIN_PASSWORD']);
    expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'DATABASE_SECRET']));
  });

  test('are settings that the image function knows', () => {
    const known: string[] = [...FUNCTION_ENV, ...Object.keys(PROCESS_ENV)];
    for (const { environment } of Object.values(changed.inputsOf('lambda/function'))) {
      const names = Object.keys(Object(environment).variables);
      expect(names.filter((name) => !known.includes(name))).toEqual([]);
    }
  });

  test('holds no secret that every reader of the machine could see', () => {
    const values = Object.values(changed.inputsOf('secretsmanager/secretVersion'));

    for (const { secretString } of values) {
      expect(userDataOf(changed)).not.toContain(String(secretString));
    }
    expect(userDataOf(changed)).toContain(
      'postgresql://portrait@database.rds.amazonaws.com:5432/portrait?sslmode=verify-full',
    );
  });

  test('follows the folders that the stack names, from the event to the edge', () => {
    const notification = Object(changed.inputsOf('s3/bucketNotification'))['functions-uploads'];
    const lifecycle = JSON.stringify(changed.inputsOf('s3/bucketLifecycleConfiguration').photos);
    const readable = String(changed.inputsOf('s3/bucketPolicy').photos?.policy);

    expect(notification.queues).toMatchObject([{ filterPrefix: 'inbox/' }]);
    expect(lifecycle).toContain('"prefix":"inbox/"');
    expect(readable).toContain('arn:aws:s3:::photos-id/pictures/*');
    expect(at.behaviours(changed)).toContain('/pictures/*');
    expect(JSON.stringify(changed.inputsOf('iam/rolePolicy'))).not.toMatch(
      /photos-id\/(temp|image)\//,
    );
  });
});

describe('the page', () => {
  test('is stored with its types, and only what is named after its content for ever', () => {
    expect(plain.inputsOf('s3/bucketObjectv2')).toMatchObject({
      'page-index.html': { contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' },
      'page-config.json': { contentType: 'application/json', cacheControl: 'no-cache' },
      'page-favicon.svg': { contentType: 'image/svg+xml', cacheControl: 'no-cache' },
      'page-assets/index-1a2b.js': {
        contentType: 'text/javascript; charset=utf-8',
        cacheControl: 'public, max-age=31536000, immutable',
      },
    });
  });

  test.each([
    ['/', '/index.html'],
    ['/people/cora.smith', '/index.html'],
    ['/favicon.svg', '/favicon.svg'],
    ['/config.json', '/config.json'],
    ['/assets/index-1a2b.js', '/assets/index-1a2b.js'],
  ])('answers %s with %s', (uri, file) => {
    const { code } = Object(plain.inputsOf('cloudfront/function'))['edge-page'];

    const answer = runInNewContext(
      `${code}; handler({ request: { uri: ${JSON.stringify(uri)} } })`,
    );

    expect(answer.uri).toBe(file);
  });
});

describe('an own domain without a certificate, and no budget', () => {
  let inputsOf: Deployed['inputsOf'];
  beforeAll(async () => {
    const options = { domain: 'photos.example.com', hostedZoneId: 'Z0123456789' };
    ({ inputsOf } = await deploy(artefacts.folder, { ...options, monthlyBudget: '0' }));
  });

  test('sets no limit', () => {
    expect(inputsOf('budgets/budget')).toEqual({});
  });

  test('gets one in the region that CloudFront takes them from, proved by the zone', () => {
    expect(inputsOf('acm/certificate').domain).toMatchObject({
      ...{ region: 'us-east-1', domainName: 'photos.example.com', validationMethod: 'DNS' },
    });
    expect(inputsOf('route53/record')).toMatchObject({
      'domain-proof': { name: '_x.d', records: ['_y.aws'] },
      'domain-A': { name: 'photos.example.com', aliases: [{ name: 'd111.cloudfront.net' }] },
    });
    expect(inputsOf('cloudfront/distribution').edge).toMatchObject({
      aliases: ['photos.example.com'],
      viewerCertificate: { minimumProtocolVersion: 'TLSv1.2_2021' },
    });
  });
});

describe('an existing bucket', () => {
  const bucketTypes = (deployed: Deployed, bucket: string) =>
    deployed.resources
      .filter(({ type, inputs }) => /^aws:s3\/bucket/.test(type) && inputs.bucket === bucket)
      .map(({ type }) => type.replace(/.*:/, ''))
      .sort();

  test('keeps all its settings when none may be replaced', async () => {
    const deployed = await deploy(artefacts.folder, { existingBucket: 'ours' });

    expect(bucketTypes(deployed, 'ours')).toEqual([]);
    expect(deployed.outputs.bucket).toBe('ours');
    expect(deployed.inputsOf('s3/bucket')).not.toHaveProperty('photos');
  });

  test.each([
    ['cors,notification', ['BucketCorsConfiguration', 'BucketNotification']],
    [
      'lifecycle,policy,publicAccessBlock',
      ['BucketLifecycleConfiguration', 'BucketPolicy', 'BucketPublicAccessBlock'],
    ],
  ])('has its %s replaced when that, and nothing else, is allowed', async (settings, types) => {
    const options = { existingBucket: 'ours', bucketSettings: settings };

    expect(bucketTypes(await deploy(artefacts.folder, options), 'ours')).toEqual(types);
  });

  test('that does not exist is one line, and nothing is made', async () => {
    await expect(deploy(artefacts.folder, { existingBucket: 'missing' })).rejects.toThrow(
      /^existingBucket: "missing" cannot be used\. /,
    );
  });
});

describe('nothing is made', () => {
  test('when something was not bundled', async () => {
    const empty = makeArtefacts();
    rmSync(join(empty.folder, 'aws/api.tar.gz'));

    await expect(deploy(empty.folder)).rejects.toThrow(
      /api\.tar\.gz is missing\. Run "npm run bundle" first\.$/,
    );
    empty.remove();
  });

  test('when an option is wrong', async () => {
    await expect(deploy(artefacts.folder, { blur: 'perhaps' })).rejects.toThrow('Bad options:');
  });
});

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { webAppConfig } from '../../contract/web-app.ts';
import { isComplete, readConfig } from '../../src/config.ts';
import { webAppHeaders } from '../../src/http/routes/web-app.ts';
import { writeArtifacts } from '../support/artifacts.ts';
import { type Deployed, deploy, userDataOf } from '../support/pulumi-mocks.ts';

const artifacts = writeArtifacts({
  'web/index.html': '<p>Portrait</p>',
  'web/config.json': '{}',
  'web/favicon.svg': '<svg/>',
  'web/assets/index-1a2b.js': 'alert()',
});
afterAll(artifacts.remove);

let plain: Deployed;
beforeAll(async () => {
  plain = await deploy(artifacts.folder);
});

describe('the web app', () => {
  test('is stored with content types; only files with a content hash are immutable', () => {
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

  test('has the same headers and runtime config as in laptop mode', () => {
    const config = configOf(plain);
    const policies = Object(plain.inputsOf('cloudfront/responseHeadersPolicy'))['edge-page'];
    const { contentSecurityPolicy, referrerPolicy } = policies.securityHeadersConfig;
    const { origin } = new URL(config.photoUrl);

    expect({
      // Photos have the same origin here.
      'content-security-policy': contentSecurityPolicy.contentSecurityPolicy,
      'referrer-policy': referrerPolicy.referrerPolicy,
      'x-content-type-options': 'nosniff',
      ...headersOf(policies.customHeadersConfig),
    }).toEqual({
      ...webAppHeaders(config),
      'content-security-policy': webAppHeaders(config)['content-security-policy'].replace(
        ` ${origin}`,
        '',
      ),
    });
    expect(
      JSON.parse(String(plain.inputsOf('s3/bucketObjectv2')['page-config.json']?.content)),
    ).toEqual(webAppConfig(config.identityProvider, config.signUp));
  });

  test.each([
    ['/', '/index.html'],
    ['/people/cora.smith', '/index.html'],
    ['/favicon.svg', '/favicon.svg'],
    ['/config.json', '/config.json'],
    ['/assets/index-1a2b.js', '/assets/index-1a2b.js'],
  ])('serves %s from %s', (uri, file) => {
    const { code } = Object(plain.inputsOf('cloudfront/function'))['edge-page'];

    const answer = runInNewContext(
      `${code}; handler({ request: { uri: ${JSON.stringify(uri)} } })`,
    );

    expect(answer.uri).toBe(file);
  });
});

describe('a custom domain without a certificate, and no budget', () => {
  let inputsOf: Deployed['inputsOf'];
  beforeAll(async () => {
    const config = { domain: 'photos.example.com', hostedZoneId: 'Z0123456789' };
    ({ inputsOf } = await deploy(artifacts.folder, { ...config, monthlyBudget: '0' }));
  });

  test('creates no budget', () => {
    expect(inputsOf('budgets/budget')).toEqual({});
  });

  test('gets a certificate in us-east-1, validated through the hosted zone', () => {
    expect(inputsOf('acm/certificate').domain).toMatchObject({
      region: 'us-east-1',
      domainName: 'photos.example.com',
      validationMethod: 'DNS',
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

  test('keeps all settings by default', async () => {
    const deployed = await deploy(artifacts.folder, { existingBucket: 'ours' });

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
  ])('gets only the listed settings replaced: %s', async (settings, types) => {
    const config = { existingBucket: 'ours', bucketSettings: settings };

    expect(bucketTypes(await deploy(artifacts.folder, config), 'ours')).toEqual(types);
  });

  test('is reported on one line if it does not exist', async () => {
    await expect(deploy(artifacts.folder, { existingBucket: 'missing' })).rejects.toThrow(
      /^existingBucket: "missing" cannot be used\. /,
    );
  });
});

describe('nothing is created', () => {
  test('if a bundle is missing', async () => {
    const empty = writeArtifacts();
    rmSync(join(empty.folder, 'aws/api.tar.gz'));

    await expect(deploy(empty.folder)).rejects.toThrow(
      /api\.tar\.gz is missing\. Run "npm run bundle" first\.$/,
    );
    empty.remove();
  });

  test('if the stack config is invalid', async () => {
    await expect(deploy(artifacts.folder, { blur: 'perhaps' })).rejects.toThrow(
      'Invalid stack config:',
    );
  });
});

/** Config that the API reads at startup. */
function configOf(deployed: Deployed) {
  const lines = userDataOf(deployed).matchAll(/^([A-Z_]+)="(.*)"$/gm);
  const secrets = { JWT_SECRET: 'x'.repeat(32), CALLBACK_SECRET: `whsec_${'A'.repeat(44)}` };
  const env = Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  const config = readConfig({ ...env, ...secrets });
  if (!isComplete(config)) throw new Error('The environment of the API is incomplete.');
  return config;
}

const headersOf = ({ items }: { items: { header: string; value: string }[] }) =>
  Object.fromEntries(items.map(({ header, value }) => [header, value]));

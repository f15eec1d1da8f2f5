import { describe, expect, test, vi } from 'vitest';
import {
  checkLifecycle,
  checkPublicAccess,
  openBucket,
} from '../../../tools/doctor/checks/bucket.ts';
import { openReport } from '../../../tools/doctor/report.ts';
import { openS3 } from '../../support/bucket-settings.ts';

const flags = (restrict: boolean) => `<PublicAccessBlockConfiguration>
  <BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>
  <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>${restrict}</RestrictPublicBuckets>
</PublicAccessBlockConfiguration>`;
const policy = (isPublic: boolean) =>
  `<PolicyStatus><IsPublic>${isPublic}</IsPublic></PolicyStatus>`;

const expire = (prefix: string, status = 'Enabled') =>
  `<Rule><Status>${status}</Status><Filter><Prefix>${prefix}</Prefix></Filter><Expiration><Days>1</Days></Expiration></Rule>`;
const ABORT =
  '<Rule><Status>Enabled</Status><Filter><Prefix/></Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>';
const rules = (...all: string[]) =>
  `<LifecycleConfiguration>${all.join('')}</LifecycleConfiguration>`;

async function resultOf(check: () => Promise<string>) {
  const report = openReport();
  await report.check('bucket', check);
  return report.results[0];
}

describe('the public access block', () => {
  const check = () => resultOf(() => checkPublicAccess(openBucket('photos')));

  test('passes when all four settings are on', async () => {
    await openS3({ publicAccessBlock: flags(true), policyStatus: policy(false) });

    expect(await check()).toMatchObject({ status: 'passed' });
  });

  test.each([
    ['is missing', {}, 'public access is not blocked'],
    ['has a gap', { publicAccessBlock: flags(false) }, 'public access is not blocked'],
    [
      'was added after a public policy',
      { publicAccessBlock: flags(true), policyStatus: policy(true) },
      'the bucket policy is public',
    ],
  ])('fails when it %s', async (_, settings, fact) => {
    await openS3(settings);

    expect(await check()).toMatchObject({ status: 'failed', fact });
  });
});

describe('the lifecycle rules', () => {
  const check = () => resultOf(() => checkLifecycle(openBucket('photos'), 'temp/0190-abc'));

  test('pass when only temporary objects expire', async () => {
    await openS3({ lifecycle: rules(expire('temp/'), expire('staged/'), ABORT) });

    expect(await check()).toMatchObject({ status: 'passed', fact: 'temp/ and staged/ expire' });
  });

  test.each([
    ['no rule at all', undefined, /temp\/ never expires; staged\/ never expires; incomplete/],
    ['no rule for uploads', rules(expire('staged/'), ABORT), /^temp\/ never expires$/],
    [
      'a disabled rule',
      rules(expire('temp/', 'Disabled'), expire('staged/'), ABORT),
      /^temp\/ never expires$/,
    ],
    ['no expiry of multipart uploads', rules(expire('temp/'), expire('staged/')), /^incomplete/],
    [
      'a rule that deletes variants, too',
      rules(expire(''), ABORT),
      /^variants expire after 1 days$/,
    ],
  ])('fail with %s', async (_, lifecycle, fact) => {
    await openS3(lifecycle === undefined ? {} : { lifecycle });

    expect(await check()).toMatchObject({ status: 'failed', fact: expect.stringMatching(fact) });
  });
});

test('skips the bucket settings without credentials', async () => {
  await openS3({});
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');

  const result = await resultOf(() => checkPublicAccess(openBucket('photos')));

  expect(result).toMatchObject({
    status: 'skipped',
    fact: expect.stringContaining('Could not load credentials'),
  });
});

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

async function findingOf(examine: () => Promise<string>) {
  const report = openReport();
  await report.check('bucket', examine);
  return report.findings[0];
}

describe('the public access block', () => {
  const check = () => findingOf(() => checkPublicAccess(openBucket('photos')));

  test('gets a tick when all of it is set', async () => {
    await openS3({ publicAccessBlock: flags(true), policyStatus: policy(false) });

    expect(await check()).toMatchObject({ mark: 'tick' });
  });

  test.each([
    ['is missing', {}, 'public access is not blocked'],
    ['has a gap', { publicAccessBlock: flags(false) }, 'public access is not blocked'],
    [
      'came after a public policy',
      { publicAccessBlock: flags(true), policyStatus: policy(true) },
      'its policy lets the public in',
    ],
  ])('gets a cross when it %s', async (_, settings, fact) => {
    await openS3(settings);

    expect(await check()).toMatchObject({ mark: 'cross', fact });
  });
});

describe('the lifecycle', () => {
  const check = () => findingOf(() => checkLifecycle(openBucket('photos'), 'temp/0190-abc'));

  test('gets a tick when what is temporary goes and the rest stays', async () => {
    await openS3({ lifecycle: rules(expire('temp/'), expire('staged/'), ABORT) });

    expect(await check()).toMatchObject({ mark: 'tick', fact: 'temp/ and staged/ expire' });
  });

  test.each([
    ['no rule at all', undefined, /temp\/ never expires; staged\/ never expires; parts of/],
    ['no rule for uploads', rules(expire('staged/'), ABORT), /^temp\/ never expires$/],
    [
      'a rule that is switched off',
      rules(expire('temp/', 'Disabled'), expire('staged/'), ABORT),
      /^temp\/ never expires$/,
    ],
    ['no end of unfinished uploads', rules(expire('temp/'), expire('staged/')), /^parts of/],
    [
      'a rule that takes the pictures, too',
      rules(expire(''), ABORT),
      /^pictures expire after 1 days$/,
    ],
  ])('gets a cross for %s', async (_, lifecycle, fact) => {
    await openS3(lifecycle === undefined ? {} : { lifecycle });

    expect(await check()).toMatchObject({ mark: 'cross', fact: expect.stringMatching(fact) });
  });
});

test('without credentials nothing is said of the settings', async () => {
  await openS3({});
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');

  const finding = await findingOf(() => checkPublicAccess(openBucket('photos')));

  expect(finding).toMatchObject({
    mark: 'skipped',
    fact: expect.stringContaining('Could not load credentials'),
  });
});

import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyStatusCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { FOLDERS } from '../../../contract/keys.ts';
import { CheckFailed, NotChecked } from '../report.ts';

export type Bucket = ReturnType<typeof openBucket>;

/**
 * Opens the bucket with the AWS credentials of this machine.
 *
 * @param endpoint URL of an S3-compatible store; undefined for Amazon S3
 * @throws NotChecked without a name
 */
export function openBucket(name: string | undefined, endpoint?: string) {
  if (name === undefined) {
    throw new NotChecked('needs --bucket, and credentials for it');
  }
  const compatible = endpoint && { endpoint, forcePathStyle: true, region: REGION };
  return { name, client: new S3Client({ followRegionRedirects: true, ...compatible }) };
}

/** Accepted by stores without regions. */
const REGION = 'us-east-1';

const DEPLOY = '"npm run deploy" sets it, unless the stack uses an existing bucket.';

/** Checks that the bucket cannot become public, not even by mistake. */
export async function checkPublicAccess({ name: Bucket, client }: Bucket) {
  const block = await readOf(client.send(new GetPublicAccessBlockCommand({ Bucket })));
  const { $metadata, ...flags } = { ...block?.PublicAccessBlockConfiguration, $metadata: {} };
  const isBlocked = Object.values(flags).length === 4 && Object.values(flags).every(Boolean);
  if (!isBlocked)
    throw new CheckFailed(
      'public access is not blocked',
      `Turn on all four settings of the public access block. ${DEPLOY}`,
    );

  const status = await readOf(client.send(new GetBucketPolicyStatusCommand({ Bucket })));
  if (status?.PolicyStatus?.IsPublic) {
    throw new CheckFailed(
      'the bucket policy is public',
      `Allow only CloudFront to read. ${DEPLOY}`,
    );
  }
  return 'all four settings are on';
}

/** Checks that abandoned uploads expire, and variants do not. */
export async function checkLifecycle({ name: Bucket, client }: Bucket, uploadKey = '') {
  const response = await readOf(
    client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
  );
  const rules = (response?.Rules ?? []).filter(({ Status }) => Status === 'Enabled');
  const temporary = uploadKey.slice(0, uploadKey.indexOf('/') + 1) || FOLDERS.temporary;
  const missing = [temporary, FOLDERS.staged]
    .filter((folder) => !rules.some((rule) => rule.Expiration?.Days && covers(rule, folder)))
    .map((folder) => `${folder} never expires`);
  if (!rules.some((rule) => rule.AbortIncompleteMultipartUpload)) {
    missing.push('incomplete multipart uploads are kept');
  }
  const variants = rules.find((rule) => rule.Expiration?.Days && covers(rule, FOLDERS.image));
  if (variants) missing.push(`variants expire after ${variants.Expiration?.Days} days`);
  if (missing.length === 0) return `${temporary} and ${FOLDERS.staged} expire`;
  throw new CheckFailed(missing.join('; '), `Correct the lifecycle rules of the bucket. ${DEPLOY}`);
}

const covers = (
  { Filter, Prefix = Filter?.Prefix ?? Filter?.And?.Prefix ?? '' }: LifecycleRule,
  folder: string,
) => folder.startsWith(Prefix);

/** @returns the output; undefined if the setting does not exist. @throws NotChecked if the bucket is unreachable or denies access */
export async function readOf<Output>(request: Promise<Output>): Promise<Output | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof S3ServiceException) {
      if (/^NoSuch(?!Bucket$)/.test(error.name)) return undefined;
      throw new NotChecked(`${error.name}: ${error.message}`);
    }
    throw new NotChecked(error instanceof Error ? error.message : String(error));
  }
}

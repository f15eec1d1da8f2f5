import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyStatusCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { FOLDERS } from '../../../contract/keys.ts';
import { Cross, NotChecked } from '../report.ts';

export type Bucket = ReturnType<typeof openBucket>;

/**
 * The bucket as its owner sees it, with the credentials of this machine.
 *
 * @param endpoint of an S3-compatible store; undefined for Amazon S3
 */
export function openBucket(name: string | undefined, endpoint?: string) {
  if (name === undefined) {
    throw new NotChecked('name the bucket with --bucket, where there are credentials for it');
  }
  const elsewhere = endpoint && { endpoint, forcePathStyle: true, region: REGION };
  return { name, client: new S3Client({ followRegionRedirects: true, ...elsewhere }) };
}

/** What stores without regions take for one. */
const REGION = 'us-east-1';

const DEPLOY = '"npm run deploy" sets it, unless the bucket is one that was there before.';

/** Whether nobody can make the bucket public, not even by mistake. */
export async function checkPublicAccess({ name: Bucket, client }: Bucket) {
  const block = await readOf(client.send(new GetPublicAccessBlockCommand({ Bucket })));
  const { $metadata, ...flags } = { ...block?.PublicAccessBlockConfiguration, $metadata: {} };
  const isBlocked = Object.values(flags).length === 4 && Object.values(flags).every(Boolean);
  if (!isBlocked) throw new Cross('public access is not blocked', `Block all of it. ${DEPLOY}`);

  const status = await readOf(client.send(new GetBucketPolicyStatusCommand({ Bucket })));
  if (status?.PolicyStatus?.IsPublic) {
    throw new Cross('its policy lets the public in', `Let CloudFront alone read. ${DEPLOY}`);
  }
  return 'blocked in all four ways';
}

/** Whether uploads that nothing came of go by themselves. */
export async function checkLifecycle({ name: Bucket, client }: Bucket, uploadKey: string) {
  const answer = await readOf(client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })));
  const rules = (answer?.Rules ?? []).filter(({ Status }) => Status === 'Enabled');
  const temporary = uploadKey.slice(0, uploadKey.indexOf('/') + 1) || FOLDERS.temporary;
  const missing = [temporary, FOLDERS.staged]
    .filter((folder) => !rules.some((rule) => rule.Expiration?.Days && covers(rule, folder)))
    .map((folder) => `${folder} never expires`);
  if (!rules.some((rule) => rule.AbortIncompleteMultipartUpload)) {
    missing.push('parts of unfinished uploads stay');
  }
  const pictures = rules.find((rule) => rule.Expiration?.Days && covers(rule, FOLDERS.image));
  if (pictures) missing.push(`pictures expire after ${pictures.Expiration?.Days} days`);
  if (missing.length === 0) return `${temporary} and ${FOLDERS.staged} expire`;
  throw new Cross(missing.join('; '), `Mend the lifecycle rules of the bucket. ${DEPLOY}`);
}

const covers = (
  { Filter, Prefix = Filter?.Prefix ?? Filter?.And?.Prefix ?? '' }: LifecycleRule,
  folder: string,
) => folder.startsWith(Prefix);

/** The answer; undefined when nothing is set. @throws NotChecked when the bucket does not answer, or not to us */
export async function readOf<Answer>(asking: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof S3ServiceException) {
      if (/^NoSuch(?!Bucket$)/.test(error.name)) return undefined;
      throw new NotChecked(`${error.name}: ${error.message}`);
    }
    throw new NotChecked(error instanceof Error ? error.message : String(error));
  }
}

import { getBucket } from '@pulumi/aws/s3/getBucket.js';
import { type InvokeOptions, RunError } from '@pulumi/pulumi';
import { firstLineOf } from './provider.ts';

/** A bucket that this program did not create. */
export type ExistingBucket = Awaited<ReturnType<typeof getBucket>>;

/**
 * Looks up the existing bucket for the photos before any resource is created.
 *
 * @throws RunError if the bucket does not exist or cannot be accessed
 */
export async function findBucket(
  bucket: string | undefined,
  options: InvokeOptions,
): Promise<ExistingBucket | undefined> {
  if (!bucket) return undefined;
  try {
    return await getBucket({ bucket }, options);
  } catch (error) {
    throw new RunError(`existingBucket: "${bucket}" cannot be used. ${firstLineOf(error)}`);
  }
}

import { getBucket } from '@pulumi/aws/s3/getBucket.js';
import { type InvokeOptions, RunError } from '@pulumi/pulumi';
import { reasonOf } from './provider.ts';

/** A bucket that was there before. */
export type ExistingBucket = Awaited<ReturnType<typeof getBucket>>;

/**
 * Finds the bucket that photos are to be kept in, before anything is made.
 *
 * @throws one line when there is none, or it may not be seen
 */
export async function findBucket(
  bucket: string | undefined,
  at: InvokeOptions,
): Promise<ExistingBucket | undefined> {
  if (!bucket) return undefined;
  try {
    return await getBucket({ bucket }, at);
  } catch (error) {
    throw new RunError(`existingBucket: "${bucket}" cannot be used. ${reasonOf(error)}`);
  }
}

import { Bucket } from '@pulumi/aws/s3/bucket.js';
import { BucketOwnershipControls } from '@pulumi/aws/s3/bucketOwnershipControls.js';
import { BucketPolicy } from '@pulumi/aws/s3/bucketPolicy.js';
import { BucketPublicAccessBlock } from '@pulumi/aws/s3/bucketPublicAccessBlock.js';
import { BucketServerSideEncryptionConfiguration } from '@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Resource,
} from '@pulumi/pulumi';
import { onlyTls, policy, type Statement } from '../iam/policy.ts';

export interface PrivateBucketArgs {
  /** Whether `pulumi destroy` must leave it alone; else it goes with all that is in it. */
  isProtected: boolean;
}

/** A bucket that is nobody's but ours: no public access, no ACLs, encrypted, and in the end a policy. */
export class PrivateBucket extends ComponentResource {
  readonly bucket: Bucket;

  constructor(name: string, { isProtected }: PrivateBucketArgs, options: ComponentResourceOptions) {
    super('portrait:aws:PrivateBucket', name, {}, options);
    const parent = { parent: this };
    this.bucket = new Bucket(
      name,
      { forceDestroy: !isProtected },
      { parent: this, protect: isProtected },
    );

    blockPublicAccess(name, this.bucket.id, this);
    new BucketOwnershipControls(
      name,
      { bucket: this.bucket.id, rule: { objectOwnership: 'BucketOwnerEnforced' } },
      parent,
    );
    new BucketServerSideEncryptionConfiguration(
      name,
      {
        bucket: this.bucket.id,
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
      },
      parent,
    );
    this.registerOutputs();
  }
}

/** Refuses every policy and ACL that would let strangers in. */
export const blockPublicAccess = (name: string, bucket: Input<string>, parent: Resource) =>
  new BucketPublicAccessBlock(
    name,
    {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    { parent },
  );

export interface BucketRules {
  bucket: Input<string>;
  arn: Input<string>;
  /** What is allowed to others than this account's roles. */
  allow: Statement[];
}

/** The bucket's policy, which a bucket has one of: TLS only, and what else is allowed. */
export const setPolicy = (name: string, { bucket, arn, allow }: BucketRules, parent: Resource) =>
  new BucketPolicy(
    name,
    { bucket, policy: policy(onlyTls('s3:*', arn, interpolate`${arn}/*`), ...allow) },
    { parent },
  );

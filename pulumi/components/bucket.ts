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
import { denyWithoutTls, policy, type Statement } from '../iam/policy.ts';

export interface PrivateBucketArgs {
  /** Whether `pulumi destroy` refuses to delete it; otherwise it is deleted with its objects. */
  isProtected: boolean;
}

/** A private bucket: no public access, no ACLs, encrypted. `setPolicy` sets its policy. */
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

/** Blocks public policies and ACLs. */
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

export interface BucketPolicyArgs {
  bucket: Input<string>;
  arn: Input<string>;
  /** Statements for principals other than the roles of this account. */
  allow: Statement[];
}

/** Sets the only policy of a bucket: it denies requests without TLS and adds the given statements. */
export const setPolicy = (
  name: string,
  { bucket, arn, allow }: BucketPolicyArgs,
  parent: Resource,
) =>
  new BucketPolicy(
    name,
    { bucket, policy: policy(denyWithoutTls('s3:*', arn, interpolate`${arn}/*`), ...allow) },
    { parent },
  );

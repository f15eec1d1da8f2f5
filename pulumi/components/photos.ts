import { BucketCorsConfiguration } from '@pulumi/aws/s3/bucketCorsConfiguration.js';
import { BucketLifecycleConfiguration } from '@pulumi/aws/s3/bucketLifecycleConfiguration.js';
import { BucketVersioning } from '@pulumi/aws/s3/bucketVersioning.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  log,
  type Output,
  output,
} from '@pulumi/pulumi';
import { FOLDERS } from '../../contract/keys.ts';
import type { StackConfig } from '../config/read.ts';
import type { BUCKET_SETTINGS } from '../config/settings.ts';
import { readByCloudFront } from '../iam/policy.ts';
import { blockPublicAccess, PrivateBucket, setPolicy } from './bucket.ts';
import type { ExistingBucket } from './existing-bucket.ts';

type BucketSetting = (typeof BUCKET_SETTINGS)[number];

/** Consequences of keeping a setting of an existing bucket. */
const KEPT_SETTING_WARNINGS: Record<BucketSetting, string> = {
  cors: 'direct uploads fail unless its CORS rules allow POST from the web app',
  lifecycle: 'abandoned uploads remain unless its rules expire them',
  notification: 'direct uploads are processed only after their presigned POST has expired',
  policy: 'photos are not visible unless its policy allows the distribution to read',
  publicAccessBlock: 'public access is not blocked by this stack',
};

export interface PhotosArgs {
  stack: StackConfig;
  /** Used instead of a new bucket. */
  existing: ExistingBucket | undefined;
}

/** The photo bucket: a new one, or an existing one of which only the settings in `bucketSettings` are replaced. */
export class Photos extends ComponentResource {
  readonly bucket: Output<string>;
  readonly arn: Output<string>;
  /** Regional host of the bucket, which receives direct uploads. */
  readonly domain: Output<string>;
  /** Folder of direct uploads, with a trailing slash. */
  readonly uploadFolder: string;
  readonly #name: string;
  readonly #stack: StackConfig;

  constructor(name: string, { stack, existing }: PhotosArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Photos', name, {}, options);
    this.#name = name;
    this.#stack = stack;
    this.uploadFolder = stack.temporaryFolder;
    const { existingBucket, versioned, protectData } = stack;
    const found = output(
      existing ?? new PrivateBucket(name, { isProtected: protectData }, { parent: this }).bucket,
    );
    this.bucket = found.bucket;
    this.arn = found.arn;
    this.domain = found.bucketRegionalDomainName;

    if (existingBucket) this.#warnAboutKeptSettings(existingBucket);
    if (existingBucket && this.canReplace('publicAccessBlock')) {
      blockPublicAccess(name, this.bucket, this);
    }
    const versioning = existingBucket === undefined && versioned ? [this.#enableVersioning()] : [];
    if (this.canReplace('lifecycle')) this.#expireObjects(versioning);
    this.registerOutputs();
  }

  /** Whether this stack manages a setting of the bucket. */
  canReplace(setting: BucketSetting): boolean {
    const { existingBucket, bucketSettings } = this.#stack;
    return !existingBucket || bucketSettings.includes(setting);
  }

  /** Sets the CORS rules that direct uploads from the web app need. */
  allowUploads(url: Output<string>) {
    if (this.canReplace('cors')) {
      const { corsOrigins } = this.#stack;
      const rule = {
        allowedMethods: ['GET', 'HEAD', 'POST'],
        allowedOrigins: [url, ...corsOrigins],
        allowedHeaders: ['*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 3_000,
      };
      const args = { bucket: this.bucket, corsRules: [rule] };
      new BucketCorsConfiguration(this.#name, args, { parent: this });
    }
  }

  /** Allows the distribution to read photos. */
  allowDistribution(distributionArn: Output<string>) {
    if (this.canReplace('policy')) {
      const { bucket, arn } = this;
      const { imageFolder: folder } = this.#stack;
      const allow = readByCloudFront({ arn, distributionArn, folder });
      setPolicy(this.#name, { bucket, arn, allow }, this);
    }
  }

  #enableVersioning() {
    const versioningConfiguration = { status: 'Enabled' };
    const args = { bucket: this.bucket, versioningConfiguration };
    return new BucketVersioning(this.#name, args, { parent: this });
  }

  /** Expires abandoned uploads, parts of incomplete multipart uploads, and old versions. */
  #expireObjects(dependsOn: BucketVersioning[]) {
    const { temporaryFolder, expirationDays: days } = this.#stack;
    const uploads = [temporaryFolder, FOLDERS.staged].map((prefix) => ({
      id: `expire-${prefix.slice(0, -1)}`,
      status: 'Enabled',
      filter: { prefix },
      expiration: { days },
    }));
    const leftovers = {
      id: 'expire-remains',
      status: 'Enabled',
      filter: { prefix: '' },
      abortIncompleteMultipartUpload: { daysAfterInitiation: days },
      noncurrentVersionExpiration: { noncurrentDays: days },
    };
    const args = { bucket: this.bucket, rules: [...uploads, leftovers] };
    new BucketLifecycleConfiguration(this.#name, args, { parent: this, dependsOn });
  }

  #warnAboutKeptSettings(bucket: string) {
    for (const [setting, consequence] of Object.entries(KEPT_SETTING_WARNINGS)) {
      if (this.#stack.bucketSettings.some((allowed) => allowed === setting)) continue;
      void log.warn(`${setting} of bucket ${bucket} is kept: ${consequence}.`, this);
    }
  }
}

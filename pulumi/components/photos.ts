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

/** What does not work while a setting of an existing bucket is left alone. */
const WITHOUT: Record<BucketSetting, string> = {
  cors: 'direct uploads fail unless its CORS lets the page send POST',
  lifecycle: 'lost uploads stay unless it expires them',
  notification: 'direct uploads are processed only when their form has expired',
  policy: 'no picture is seen unless its policy lets the distribution read',
  publicAccessBlock: 'whether strangers can read it is not looked after',
};

export interface PhotosArgs {
  stack: StackConfig;
  /** Instead of a bucket of our own. */
  existing: ExistingBucket | undefined;
}

/** The bucket of photos: one of our own, or an existing one of which only what is allowed is changed. */
export class Photos extends ComponentResource {
  readonly bucket: Output<string>;
  readonly arn: Output<string>;
  /** Host of the bucket in its region, which forms are sent to. */
  readonly domain: Output<string>;
  /** Where direct uploads arrive, ends in a slash. */
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

    if (existingBucket) this.#tellWhatIsLeftAlone(existingBucket);
    if (existingBucket && this.mayReplace('publicAccessBlock')) {
      blockPublicAccess(name, this.bucket, this);
    }
    const versioning = existingBucket === undefined && versioned ? [this.#keepVersions()] : [];
    if (this.mayReplace('lifecycle')) this.#expire(versioning);
    this.registerOutputs();
  }

  /** Whether a setting of the whole bucket is ours to set. */
  mayReplace(setting: BucketSetting): boolean {
    const { existingBucket, bucketSettings } = this.#stack;
    return !existingBucket || bucketSettings.includes(setting);
  }

  /** CORS: lets the web app send direct uploads. */
  allowUploads(url: Output<string>) {
    if (this.mayReplace('cors')) {
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

  /** Lets CloudFront read photos. */
  allowDistribution(distributionArn: Output<string>) {
    if (this.mayReplace('policy')) {
      const { bucket, arn } = this;
      const { imageFolder: folder } = this.#stack;
      const allow = readByCloudFront({ arn, distributionArn, folder });
      setPolicy(this.#name, { bucket, arn, allow }, this);
    }
  }

  #keepVersions() {
    const versioningConfiguration = { status: 'Enabled' };
    const args = { bucket: this.bucket, versioningConfiguration };
    return new BucketVersioning(this.#name, args, { parent: this });
  }

  /** Uploads that nothing came of go after days, and so do parts of unfinished ones and old versions. */
  #expire(dependsOn: BucketVersioning[]) {
    const { temporaryFolder, expirationDays: days } = this.#stack;
    const uploads = [temporaryFolder, FOLDERS.staged].map((prefix) => ({
      id: `expire-${prefix.slice(0, -1)}`,
      status: 'Enabled',
      filter: { prefix },
      expiration: { days },
    }));
    const remains = {
      id: 'expire-remains',
      status: 'Enabled',
      filter: { prefix: '' },
      abortIncompleteMultipartUpload: { daysAfterInitiation: days },
      noncurrentVersionExpiration: { noncurrentDays: days },
    };
    const args = { bucket: this.bucket, rules: [...uploads, remains] };
    new BucketLifecycleConfiguration(this.#name, args, { parent: this, dependsOn });
  }

  #tellWhatIsLeftAlone(bucket: string) {
    for (const [setting, consequence] of Object.entries(WITHOUT)) {
      if (this.#stack.bucketSettings.some((allowed) => allowed === setting)) continue;
      void log.warn(`${setting} of bucket ${bucket} is left alone: ${consequence}.`, this);
    }
  }
}

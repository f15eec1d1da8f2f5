import { BucketObjectv2 } from '@pulumi/aws/s3/bucketObjectv2.js';
import {
  asset,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
} from '@pulumi/pulumi';
import type { Artifact, Artifacts } from '../artifacts.ts';
import { PrivateBucket, setPolicy } from './bucket.ts';

/** An artifact in the release bucket. */
export interface StoredArtifact {
  bucket: Output<string>;
  key: Output<string>;
  /** SHA-256 in hex. */
  hash: string;
}

/** The bucket of artifacts, and the artifacts of this release. Keys contain hashes: equal content is the same release. */
export class Release extends ComponentResource {
  readonly bucketArn: Output<string>;
  readonly imageFunction: StoredArtifact;
  readonly api: StoredArtifact;

  constructor(name: string, artifacts: Artifacts, options: ComponentResourceOptions) {
    super('portrait:aws:Release', name, {}, options);
    const { bucket } = new PrivateBucket(name, { isProtected: false }, { parent: this });
    setPolicy(name, { bucket: bucket.id, arn: bucket.arn, allow: [] }, this);

    const store = (part: string, ending: string, { path, hash }: Artifact): StoredArtifact => {
      const object = new BucketObjectv2(
        `${name}-${part}`,
        { bucket: bucket.id, key: `${part}/${hash}${ending}`, source: new asset.FileAsset(path) },
        // Instances of the previous release still start from theirs, and a rollback needs it.
        { parent: this, retainOnDelete: true },
      );
      return { bucket: bucket.id, key: object.key, hash };
    };
    this.bucketArn = bucket.arn;
    this.imageFunction = store('function', '.zip', artifacts.imageFunction);
    this.api = store('api', '.tar.gz', artifacts.api);
    this.registerOutputs();
  }
}

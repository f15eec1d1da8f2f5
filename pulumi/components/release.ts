import { BucketObjectv2 } from '@pulumi/aws/s3/bucketObjectv2.js';
import {
  asset,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
} from '@pulumi/pulumi';
import type { Artefact, Artefacts } from '../artefacts.ts';
import { PrivateBucket, setPolicy } from './bucket.ts';

/** An artefact where machines and functions fetch it. */
export interface Stored {
  bucket: Output<string>;
  key: Output<string>;
  /** SHA-256 in hex. */
  hash: string;
}

/** The bucket of artefacts, and this release in it. Its keys are hashes: the same content is the same release. */
export class Release extends ComponentResource {
  readonly bucketArn: Output<string>;
  readonly imageFunction: Stored;
  readonly api: Stored;

  constructor(name: string, artefacts: Artefacts, options: ComponentResourceOptions) {
    super('portrait:aws:Release', name, {}, options);
    const { bucket } = new PrivateBucket(name, { isProtected: false }, { parent: this });
    setPolicy(name, { bucket: bucket.id, arn: bucket.arn, allow: [] }, this);

    const store = (part: string, ending: string, { path, hash }: Artefact): Stored => {
      const object = new BucketObjectv2(
        `${name}-${part}`,
        { bucket: bucket.id, key: `${part}/${hash}${ending}`, source: new asset.FileAsset(path) },
        // Machines of the release before still start from theirs, and a roll back needs it again.
        { parent: this, retainOnDelete: true },
      );
      return { bucket: bucket.id, key: object.key, hash };
    };
    this.bucketArn = bucket.arn;
    this.imageFunction = store('function', '.zip', artefacts.imageFunction);
    this.api = store('api', '.tar.gz', artefacts.api);
    this.registerOutputs();
  }
}

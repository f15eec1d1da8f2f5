import { Bucket } from '@pulumi/aws/s3/bucket.js';
import { Queue } from '@pulumi/aws/sqs/queue.js';
import { ComponentResource, Config, interpolate, RunError, secret } from '@pulumi/pulumi';

/** A shelf and a queue of letters as they should be, and each mistake that the engine must show. */
const config = new Config();
if (config.get('fault') === 'refused') throw new RunError('fault must not be "refused"');

class Shelf extends ComponentResource {
  readonly bucket: Bucket;

  constructor(name: string) {
    super('test:Shelf', name);
    this.bucket = new Bucket(`${name}-books`, {}, { parent: this, protect: true });
    this.registerOutputs({ bucketName: this.bucket.bucket });
  }
}

const { bucket } = new Shelf('shelf');
const pin = config.requireSecret('pin');
const policy = interpolate`${bucket.arn}/*`;
new Queue('letters', { policy, tags: { pin } });
if (config.get('fault') === 'twice') new Queue('letters');

new Queue('output-as-text', { policy: `${bucket.arn}/*` });
new Queue('of-nothing', { policy: interpolate`${bucket.websiteEndpoint}` });
new Queue('filled-by-nobody', { tags: { site: bucket.websiteDomain } });
new Queue('not-waiting', { policy: 'arn:aws:s3:::shelf-books-8bad0bd/*' });
new Queue('told-to-all', { tags: { pin: 'pin-1234', same: secret('pin-1234') } });

export const bucketName = bucket.id;
export const sentPin = pin;

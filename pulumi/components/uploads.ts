import { getCallerIdentityOutput } from '@pulumi/aws/getCallerIdentity.js';
import { EventSourceMapping } from '@pulumi/aws/lambda/eventSourceMapping.js';
import type { Function as LambdaFunction } from '@pulumi/aws/lambda/function.js';
import { BucketNotification } from '@pulumi/aws/s3/bucketNotification.js';
import { Queue } from '@pulumi/aws/sqs/queue.js';
import { QueuePolicy } from '@pulumi/aws/sqs/queuePolicy.js';
import { RedriveAllowPolicy } from '@pulumi/aws/sqs/redriveAllowPolicy.js';
import { ComponentResource, type ComponentResourceOptions, jsonStringify } from '@pulumi/pulumi';
import { FUNCTION_TIMEOUT_S, QUEUE_BATCH_SIZE } from '../../contract/limits.ts';
import type { StackConfig } from '../config/read.ts';
import { onlyTls, policy } from '../iam/policy.ts';
import type { Photos } from './photos.ts';

/** Tries until a message is a person's affair. */
const TRIES = 5;
/** Seconds that a person has to look at it: the most SQS can keep. */
const FORTNIGHT = 14 * 24 * 3600;

/** The queue between the bucket and its function: what S3 says about direct uploads waits here, and is tried again. */
export class UploadQueue extends ComponentResource {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(name: string, photos: Photos, options: ComponentResourceOptions) {
    super('portrait:aws:UploadQueue', name, {}, options);
    const parent = { parent: this };
    this.deadLetters = new Queue(
      `${name}-dead`,
      { sqsManagedSseEnabled: true, messageRetentionSeconds: FORTNIGHT },
      parent,
    );
    this.queue = new Queue(
      name,
      {
        sqsManagedSseEnabled: true,
        // Six times the function's own time, as AWS asks: a message must not come again while it is worked on.
        visibilityTimeoutSeconds: 6 * FUNCTION_TIMEOUT_S.queue,
        redrivePolicy: jsonStringify({
          deadLetterTargetArn: this.deadLetters.arn,
          maxReceiveCount: TRIES,
        }),
      },
      parent,
    );
    new RedriveAllowPolicy(
      name,
      {
        queueUrl: this.deadLetters.url,
        redriveAllowPolicy: jsonStringify({
          redrivePermission: 'byQueue',
          sourceQueueArns: [this.queue.arn],
        }),
      },
      parent,
    );
    const allowed = this.#letTell(name, photos);
    if (photos.mayReplace('notification')) this.#listenTo(photos, name, allowed);
    this.registerOutputs();
  }

  /** Lets this bucket, and nothing else, put messages into the queue. */
  #letTell(name: string, { arn }: Photos) {
    const { accountId } = getCallerIdentityOutput({}, { parent: this });
    const { url, arn: queueArn } = this.queue;
    const takeEvents = {
      Sid: 'TakeEvents',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queueArn,
      Condition: {
        ArnEquals: { 'aws:SourceArn': arn },
        StringEquals: { 'aws:SourceAccount': accountId },
      },
    };
    return new QueuePolicy(
      name,
      { queueUrl: url, policy: policy(onlyTls('sqs:*', queueArn), takeEvents) },
      { parent: this },
    );
  }

  /** Has every upload that arrives reported to the queue; the pictures made of it are in another folder. */
  #listenTo({ bucket, uploadFolder }: Photos, name: string, allowed: QueuePolicy) {
    const events = { events: ['s3:ObjectCreated:*'], filterPrefix: uploadFolder };
    new BucketNotification(
      name,
      { bucket, queues: [{ queueArn: this.queue.arn, ...events }] },
      // S3 sends a message to try the queue before it takes the rule.
      { parent: this, dependsOn: [allowed] },
    );
  }

  /** Hands messages to the function, few at a time; those it names as failed come again, the others are done with. */
  feed(name: string, to: LambdaFunction, { queueConcurrency }: StackConfig) {
    new EventSourceMapping(
      name,
      {
        eventSourceArn: this.queue.arn,
        functionName: to.arn,
        batchSize: QUEUE_BATCH_SIZE,
        functionResponseTypes: ['ReportBatchItemFailures'],
        scalingConfig: { maximumConcurrency: queueConcurrency },
      },
      { parent: this },
    );
  }
}

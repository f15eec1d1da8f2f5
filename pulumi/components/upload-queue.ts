import { getCallerIdentityOutput } from '@pulumi/aws/getCallerIdentity.js';
import { EventSourceMapping } from '@pulumi/aws/lambda/eventSourceMapping.js';
import type { Function as LambdaFunction } from '@pulumi/aws/lambda/function.js';
import { BucketNotification } from '@pulumi/aws/s3/bucketNotification.js';
import { Queue } from '@pulumi/aws/sqs/queue.js';
import { QueuePolicy } from '@pulumi/aws/sqs/queuePolicy.js';
import { RedriveAllowPolicy } from '@pulumi/aws/sqs/redriveAllowPolicy.js';
import { ComponentResource, type ComponentResourceOptions, jsonStringify } from '@pulumi/pulumi';
import { FUNCTION_TIMEOUT_S, MAX_RECEIVE_COUNT, QUEUE_BATCH_SIZE } from '../../contract/limits.ts';
import type { StackConfig } from '../config/read.ts';
import { denyWithoutTls, policy } from '../iam/policy.ts';
import type { Photos } from './photos.ts';

/** Maximum of SQS. */
const DEAD_LETTER_RETENTION_S = 14 * 24 * 3600;

/** The queue between the bucket and the queue function: S3 events of direct uploads, with retries and dead letters. */
export class UploadQueue extends ComponentResource {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(name: string, photos: Photos, options: ComponentResourceOptions) {
    super('portrait:aws:UploadQueue', name, {}, options);
    const parent = { parent: this };
    this.deadLetterQueue = new Queue(
      `${name}-dead`,
      { sqsManagedSseEnabled: true, messageRetentionSeconds: DEAD_LETTER_RETENTION_S },
      parent,
    );
    this.queue = new Queue(
      name,
      {
        sqsManagedSseEnabled: true,
        // Six times the function timeout, as AWS recommends: no redelivery while a message is being processed.
        visibilityTimeoutSeconds: 6 * FUNCTION_TIMEOUT_S.queue,
        redrivePolicy: jsonStringify({
          deadLetterTargetArn: this.deadLetterQueue.arn,
          maxReceiveCount: MAX_RECEIVE_COUNT,
        }),
      },
      parent,
    );
    new RedriveAllowPolicy(
      name,
      {
        queueUrl: this.deadLetterQueue.url,
        redriveAllowPolicy: jsonStringify({
          redrivePermission: 'byQueue',
          sourceQueueArns: [this.queue.arn],
        }),
      },
      parent,
    );
    const queuePolicy = this.#allowEvents(name, photos);
    if (photos.canReplace('notification')) this.#subscribe(name, photos, queuePolicy);
    this.registerOutputs();
  }

  /** Allows only this bucket to send messages to the queue. */
  #allowEvents(name: string, { arn }: Photos) {
    const { accountId } = getCallerIdentityOutput({}, { parent: this });
    const { url, arn: queueArn } = this.queue;
    const sendEvents = {
      Sid: 'SendEvents',
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
      { queueUrl: url, policy: policy(denyWithoutTls('sqs:*', queueArn), sendEvents) },
      { parent: this },
    );
  }

  /** Subscribes the queue to new direct uploads. The variants are in another folder and cause no events. */
  #subscribe(name: string, { bucket, uploadFolder }: Photos, queuePolicy: QueuePolicy) {
    new BucketNotification(
      name,
      {
        bucket,
        queues: [
          {
            queueArn: this.queue.arn,
            events: ['s3:ObjectCreated:*'],
            filterPrefix: uploadFolder,
          },
        ],
      },
      // S3 sends a test message before it accepts the notification.
      { parent: this, dependsOn: [queuePolicy] },
    );
  }

  /** Invokes the function with small batches of messages; only messages that it reports as failed are retried. */
  connect(name: string, target: LambdaFunction, { queueConcurrency }: StackConfig) {
    new EventSourceMapping(
      name,
      {
        eventSourceArn: this.queue.arn,
        functionName: target.arn,
        batchSize: QUEUE_BATCH_SIZE,
        functionResponseTypes: ['ReportBatchItemFailures'],
        scalingConfig: { maximumConcurrency: queueConcurrency },
      },
      { parent: this },
    );
  }
}

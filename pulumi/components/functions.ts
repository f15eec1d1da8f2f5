import { ComponentResource, type ComponentResourceOptions, interpolate } from '@pulumi/pulumi';
import { FUNCTION_TIMEOUT_S } from '../../contract/limits.ts';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import type { StackConfig } from '../config/read.ts';
import { httpFunctionStatements, queueFunctionStatements } from '../iam/statements.ts';
import type { Edge } from './edge.ts';
import { ImageFunction } from './image-function.ts';
import type { Photos } from './photos.ts';
import type { Release } from './release.ts';
import type { Secrets } from './secrets.ts';
import { UploadQueue } from './upload-queue.ts';

export interface FunctionsArgs {
  stack: StackConfig;
  release: Release;
  photos: Photos;
  /** Host of the callbacks of the queue function. */
  edge: Edge;
  /** Contains the secret that signs callbacks. */
  secrets: Secrets;
}

/** The two image functions, from one zip: one for synchronous calls, one for direct uploads in the queue. */
export class Functions extends ComponentResource {
  readonly http: ImageFunction;
  readonly queue: ImageFunction;
  readonly uploads: UploadQueue;

  constructor(name: string, args: FunctionsArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Functions', name, {}, options);
    const parent = { parent: this };
    const { stack, release, photos } = args;
    const common = { stack, code: release.imageFunction, photoBucket: photos.bucket };
    const bucket = { arn: photos.arn, folders: stack };

    this.http = new ImageFunction(
      `${name}-http`,
      {
        ...common,
        entry: 'http',
        timeoutS: FUNCTION_TIMEOUT_S.http,
        statements: httpFunctionStatements(bucket),
      },
      parent,
    );

    this.uploads = new UploadQueue(`${name}-uploads`, photos, parent);
    const receiveMessages = {
      Sid: 'ReceiveMessages',
      Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      Resource: this.uploads.queue.arn,
    };
    this.queue = new ImageFunction(
      `${name}-queue`,
      {
        ...common,
        entry: 'queue',
        timeoutS: FUNCTION_TIMEOUT_S.queue,
        env: {
          CALLBACK_URL: interpolate`${args.edge.url}${CALLBACK_PATH}`,
          CALLBACK_SECRET: args.secrets.settings.CALLBACK_SECRET.value,
        },
        statements: [receiveMessages, ...queueFunctionStatements(bucket)],
      },
      parent,
    );
    this.uploads.connect(`${name}-uploads`, this.queue.function, stack);
    this.registerOutputs();
  }
}

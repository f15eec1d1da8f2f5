import { ComponentResource, type ComponentResourceOptions, interpolate } from '@pulumi/pulumi';
import { FUNCTION_TIMEOUT_S } from '../../contract/limits.ts';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import type { StackConfig } from '../config/read.ts';
import { httpRights, queueRights } from '../iam/statements.ts';
import type { Edge } from './edge.ts';
import { ImageFunction } from './function.ts';
import type { Photos } from './photos.ts';
import type { Release } from './release.ts';
import type { Secrets } from './secrets.ts';
import { UploadQueue } from './uploads.ts';

export interface FunctionsArgs {
  stack: StackConfig;
  /** The zip that both are in. */
  release: Release;
  photos: Photos;
  /** Where the queue's function reports, and what it signs that with. */
  edge: Edge;
  secrets: Secrets;
}

/** The image function twice, from one zip: for calls that want an answer, and for uploads that wait in a queue. */
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
      { ...common, entry: 'http', timeout: FUNCTION_TIMEOUT_S.http, rights: httpRights(bucket) },
      parent,
    );

    this.uploads = new UploadQueue(`${name}-uploads`, photos, parent);
    const takeMessages = {
      Sid: 'TakeMessages',
      Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      Resource: this.uploads.queue.arn,
    };
    this.queue = new ImageFunction(
      `${name}-queue`,
      {
        ...common,
        entry: 'queue',
        timeout: FUNCTION_TIMEOUT_S.queue,
        env: {
          CALLBACK_URL: interpolate`${args.edge.url}${CALLBACK_PATH}`,
          CALLBACK_SECRET: args.secrets.settings.CALLBACK_SECRET.value,
        },
        rights: [takeMessages, ...queueRights(bucket)],
      },
      parent,
    );
    this.uploads.feed(`${name}-uploads`, this.queue.function, stack);
    this.registerOutputs();
  }
}

import { FOLDERS } from '../../../contract/keys.ts';
import type { Resource } from '../engine/resource.ts';
import type { Plain } from '../engine/wire.ts';
import { at } from '../engine/wire.ts';
import { readPolicy } from '../iam/policy.ts';
import { list, ofBucket, only, type Rule, type World } from './world.ts';

const isTlsOnly = (policy: Plain | undefined, service: string) =>
  typeof policy === 'string' &&
  readPolicy(policy).some(
    ({ effect, principals, actions, conditions }) =>
      effect === 'Deny' &&
      principals?.[0]?.kind === 'Anyone' &&
      actions.includes(`${service}:*`) &&
      conditions.length === 1 &&
      conditions[0]?.operator === 'Bool' &&
      conditions[0].key === 'aws:securetransport' &&
      conditions[0].values.join() === 'false',
  );

/** The bucket of uploads and variants. */
export const photosBucket = (world: World) => only(world, 's3/bucket:Bucket', 'photos');

const isPhotos = (bucket: Resource, world: World) => bucket === photosBucket(world);

const expiryOf = (rules: Plain[], folder: string) =>
  rules.find((rule) => at(rule, 'filter.prefix') === folder && at(rule, 'status') === 'Enabled');

/** Folders that something is written to by us; an event of one of them would never end. */
const outputFolders = (world: World) =>
  world
    .filter(({ type }) => type.endsWith('lambda/function:Function'))
    .map(({ inputs }) => String(at(inputs, 'environment.variables.IMAGE_FOLDER')));

export const STORAGE_RULES: Rule[] = [
  {
    promise: 'every bucket blocks public access in all four ways',
    of: 's3/bucket:Bucket',
    isKept: (_, world, bucket) =>
      ofBucket(world, 's3/bucketPublicAccessBlock:BucketPublicAccessBlock', bucket).some(
        ({ inputs }) =>
          inputs.blockPublicAcls === true &&
          inputs.blockPublicPolicy === true &&
          inputs.ignorePublicAcls === true &&
          inputs.restrictPublicBuckets === true,
      ),
    fault: (world) => {
      only(world, 'BucketPublicAccessBlock', 'photos').inputs.blockPublicPolicy = false;
    },
  },
  {
    promise: 'every bucket is encrypted',
    of: 's3/bucket:Bucket',
    isKept: (_, world, bucket) =>
      ofBucket(world, 'BucketServerSideEncryptionConfiguration', bucket).some(
        ({ inputs }) =>
          at(inputs, 'rules.0.applyServerSideEncryptionByDefault.sseAlgorithm') !== null,
      ),
    fault: (world) => {
      only(world, 'BucketServerSideEncryptionConfiguration', 'photos').inputs.rules = [];
    },
  },
  {
    promise: 'no bucket knows ACLs: what is in it belongs to its owner',
    of: 's3/bucket:Bucket',
    isKept: (_, world, bucket) =>
      ofBucket(world, 'BucketOwnershipControls', bucket).some(
        ({ inputs }) => at(inputs, 'rule.objectOwnership') === 'BucketOwnerEnforced',
      ),
    fault: (world) => {
      const controls = only(world, 'BucketOwnershipControls', 'photos');
      controls.inputs.rule = { objectOwnership: 'ObjectWriter' };
    },
  },
  {
    promise: 'every bucket refuses callers without TLS',
    of: 's3/bucket:Bucket',
    isKept: (_, world, bucket) => {
      const policies = ofBucket(world, 's3/bucketPolicy:BucketPolicy', bucket);
      return policies.length === 1 && isTlsOnly(policies[0]?.inputs.policy, 's3');
    },
    fault: (world) => {
      const policy = only(world, 's3/bucketPolicy:BucketPolicy', 'photos');
      policy.inputs.policy = String(policy.inputs.policy).replace('"false"', '"true"');
    },
  },
  {
    promise: 'photos are not emptied by accident',
    of: 's3/bucket:Bucket',
    where: isPhotos,
    isKept: ({ forceDestroy }, _, { options }) => forceDestroy !== true && options.protect,
    fault: { forceDestroy: true },
  },
  {
    promise: 'uploads that nothing came of expire, and so do their parts',
    of: 's3/bucket:Bucket',
    where: isPhotos,
    isKept: (_, world, bucket) => {
      const [lifecycle] = ofBucket(world, 'BucketLifecycleConfiguration', bucket);
      const rules = list(lifecycle?.inputs.rules);
      const expire = [FOLDERS.temporary, FOLDERS.staged].every(
        (folder) => Number(at(expiryOf(rules, folder), 'expiration.days')) >= 1,
      );
      const isAborted = (rule: Plain) =>
        Number(at(rule, 'abortIncompleteMultipartUpload.daysAfterInitiation')) >= 1;
      return expire && rules.some(isAborted);
    },
    fault: (world) => {
      const { inputs } = only(world, 'BucketLifecycleConfiguration', 'photos');
      const rules = JSON.stringify(inputs.rules).replace(`"${FOLDERS.staged}"`, '"stages/"');
      inputs.rules = JSON.parse(rules);
    },
  },
  {
    promise: 'pictures never expire',
    of: 'BucketLifecycleConfiguration',
    isKept: ({ rules }, world) =>
      list(rules)
        .filter((rule) => at(rule, 'expiration.days') !== null)
        .every((rule) => {
          const prefix = at(rule, 'filter.prefix');
          const folders = outputFolders(world);
          return (
            typeof prefix === 'string' &&
            prefix !== '' &&
            !folders.some((folder) => overlap(folder, prefix))
          );
        }),
    fault: (world) => {
      const { inputs } = only(world, 'BucketLifecycleConfiguration', 'photos');
      inputs.rules = [...list(inputs.rules), { filter: { prefix: 'im' }, expiration: { days: 1 } }];
    },
  },
  {
    promise: 'events of uploads only: a picture that is written wakes nobody',
    of: 's3/bucketNotification:BucketNotification',
    isKept: ({ queues }, world) =>
      list(queues).length > 0 &&
      list(queues).every((queue) => {
        const prefix = at(queue, 'filterPrefix');
        const written = [...outputFolders(world), FOLDERS.staged];
        return typeof prefix === 'string' && !written.some((folder) => overlap(folder, prefix));
      }),
    fault: (world) => {
      const { inputs } = only(world, 's3/bucketNotification:BucketNotification');
      inputs.queues = list(inputs.queues).map((queue) => ({ ...Object(queue), filterPrefix: '' }));
    },
  },
  {
    promise: 'only our own page may send forms from a browser',
    of: 'BucketCorsConfiguration',
    isKept: ({ corsRules }) =>
      list(corsRules).every((rule) =>
        list(at(rule, 'allowedOrigins')).every(
          (origin) => typeof origin === 'string' && /^https:\/\/[^*]+$/.test(origin),
        ),
      ),
    fault: { corsRules: [{ allowedOrigins: ['*'], allowedMethods: ['POST'] }] },
  },
  {
    promise: 'a message outlives six tries of its function',
    of: 'lambda/eventSourceMapping:EventSourceMapping',
    isKept: ({ eventSourceArn, functionName }, world) => {
      const queue = world.find(({ computed }) => computed.arn === eventSourceArn);
      const work = world.find(
        ({ computed }) => computed.arn === functionName || computed.name === functionName,
      );
      const visible = Number(queue?.inputs.visibilityTimeoutSeconds ?? 30);
      return visible >= 6 * Number(work?.inputs.timeout ?? Number.NaN);
    },
    fault: (world) => {
      const [queue] = world.filter(({ inputs }) => inputs.redrivePolicy !== undefined);
      if (queue) queue.inputs.visibilityTimeoutSeconds = 30;
    },
  },
  {
    promise:
      'one bad message does not bring back a whole batch, and a flood does not start a thousand functions',
    of: 'lambda/eventSourceMapping:EventSourceMapping',
    isKept: (inputs) =>
      list(inputs.functionResponseTypes).includes('ReportBatchItemFailures') &&
      Number(at(inputs, 'scalingConfig.maximumConcurrency')) >= 2,
    fault: { functionResponseTypes: [] },
  },
  {
    promise: 'a message that fails for good is kept for a person, as long as SQS can',
    of: 'sqs/queue:Queue',
    where: feedsFunction,
    isKept: ({ redrivePolicy }, world) => {
      const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(String(redrivePolicy));
      const dead = world.find(({ computed }) => computed.arn === deadLetterTargetArn);
      return maxReceiveCount >= 2 && dead?.inputs.messageRetentionSeconds === 14 * 24 * 3600;
    },
    fault: { redrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:::nowhere","maxReceiveCount":5}' },
  },
  {
    promise: 'messages are encrypted',
    of: 'sqs/queue:Queue',
    isKept: ({ sqsManagedSseEnabled, kmsMasterKeyId }) =>
      sqsManagedSseEnabled === true || typeof kmsMasterKeyId === 'string',
    fault: { sqsManagedSseEnabled: false },
  },
  {
    promise: 'the queue refuses callers without TLS',
    of: 'sqs/queuePolicy:QueuePolicy',
    isKept: ({ policy }) => isTlsOnly(policy, 'sqs'),
    fault: { policy: '{"Version":"2012-10-17","Statement":[]}' },
  },
];

function feedsFunction({ computed }: Resource, world: World) {
  return world.some(({ inputs }) => inputs.eventSourceArn === computed.arn);
}

const overlap = (one: string, other: string) => one.startsWith(other) || other.startsWith(one);

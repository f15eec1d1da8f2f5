import { Event, ExpirationStatus, ObjectOwnership, ServerSideEncryption } from '@aws-sdk/client-s3';
import enums from '@pulumi/aws/types/enums/index.js';
import type { Plain, PlainObject } from '../engine/wire.ts';
import { isObject } from '../engine/wire.ts';
import { allOf, type World } from './world.ts';

/** Values AWS accepts in one input: an enumeration, a range, or a pattern. */
export interface Place {
  /** End of Pulumi's token. */
  of: string;
  /** Path in the inputs; `*` is every item of a list. */
  at: string;
  words?: readonly string[];
  from?: number;
  to?: number;
  like?: RegExp;
}

const HTTP_METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'];
const VIEWER = ['allow-all', 'https-only', 'redirect-to-https'];

/**
 * Inputs that TypeScript types as string or number and AWS rejects only on deployment. Enumerations come from
 * AWS's models where a package has them, otherwise from the API references.
 */
export const PLACES: Place[] = [
  { of: 'lambda/function:Function', at: 'runtime', words: Object.values(enums.lambda.Runtime) },
  { of: 'lambda/function:Function', at: 'architectures.*', words: ['arm64', 'x86_64'] },
  { of: 'lambda/function:Function', at: 'memorySize', from: 128, to: 10_240 },
  { of: 'lambda/function:Function', at: 'timeout', from: 1, to: 900 },
  { of: 'lambda/function:Function', at: 'loggingConfig.logFormat', words: ['JSON', 'Text'] },
  { of: 'eventSourceMapping:EventSourceMapping', at: 'batchSize', from: 1, to: 10 },
  {
    of: 'eventSourceMapping:EventSourceMapping',
    at: 'scalingConfig.maximumConcurrency',
    from: 2,
    to: 1_000,
  },
  { of: 'sqs/queue:Queue', at: 'visibilityTimeoutSeconds', from: 0, to: 43_200 },
  { of: 'sqs/queue:Queue', at: 'messageRetentionSeconds', from: 60, to: 1_209_600 },
  { of: 'BucketNotification', at: 'queues.*.events.*', words: Object.values(Event) },
  {
    of: 'BucketLifecycleConfiguration',
    at: 'rules.*.status',
    words: Object.values(ExpirationStatus),
  },
  {
    of: 'BucketOwnershipControls',
    at: 'rule.objectOwnership',
    words: Object.values(ObjectOwnership),
  },
  {
    of: 'BucketServerSideEncryptionConfiguration',
    at: 'rules.*.applyServerSideEncryptionByDefault.sseAlgorithm',
    words: Object.values(ServerSideEncryption),
  },
  // S3 does not accept PATCH or OPTIONS here.
  {
    of: 'BucketCorsConfiguration',
    at: 'corsRules.*.allowedMethods.*',
    words: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
  },
  { of: 'apigatewayv2/api:Api', at: 'protocolType', words: ['HTTP', 'WEBSOCKET'] },
  { of: 'integration:Integration', at: 'timeoutMilliseconds', from: 50, to: 30_000 },
  { of: 'integration:Integration', at: 'payloadFormatVersion', words: ['1.0', '2.0'] },
  {
    of: 'apigatewayv2/route:Route',
    at: 'authorizationType',
    words: ['NONE', 'AWS_IAM', 'JWT', 'CUSTOM'],
  },
  { of: 'rds/instance:Instance', at: 'backupRetentionPeriod', from: 0, to: 35 },
  {
    of: 'rds/instance:Instance',
    at: 'storageType',
    words: ['gp2', 'gp3', 'io1', 'io2', 'standard'],
  },
  {
    of: 'rds/instance:Instance',
    at: 'instanceClass',
    words: Object.values(enums.rds.InstanceType),
  },
  {
    of: 'rds/instance:Instance',
    at: 'caCertIdentifier',
    words: ['rds-ca-rsa2048-g1', 'rds-ca-rsa4096-g1', 'rds-ca-ecc384-g1'],
  },
  {
    of: 'launchTemplate:LaunchTemplate',
    at: 'instanceType',
    words: Object.values(enums.ec2.InstanceType),
  },
  {
    of: 'launchTemplate:LaunchTemplate',
    at: 'metadataOptions.httpTokens',
    words: ['optional', 'required'],
  },
  { of: 'autoscaling/group:Group', at: 'healthCheckType', words: ['EC2', 'ELB'] },
  {
    of: 'autoscaling/group:Group',
    at: 'instanceRefresh.strategy',
    words: ['Rolling', 'ReplaceRootVolume'],
  },
  {
    of: 'autoscaling/group:Group',
    at: 'terminationPolicies.*',
    words: [
      ...['Default', 'OldestInstance', 'NewestInstance', 'OldestLaunchConfiguration'],
      ...['OldestLaunchTemplate', 'ClosestToNextInstanceHour', 'AllocationStrategy'],
    ],
  },
  { of: 'loadBalancer:LoadBalancer', at: 'idleTimeout', from: 1, to: 4_000 },
  { of: 'targetGroup:TargetGroup', at: 'deregistrationDelay', from: 0, to: 3_600 },
  { of: 'targetGroup:TargetGroup', at: 'healthCheck.interval', from: 5, to: 300 },
  { of: 'targetGroup:TargetGroup', at: 'healthCheck.unhealthyThreshold', from: 2, to: 10 },
  {
    of: 'distribution:Distribution',
    at: 'httpVersion',
    words: ['http1.1', 'http2', 'http3', 'http2and3'],
  },
  {
    of: 'distribution:Distribution',
    at: 'defaultCacheBehavior.viewerProtocolPolicy',
    words: VIEWER,
  },
  {
    of: 'distribution:Distribution',
    at: 'orderedCacheBehaviors.*.viewerProtocolPolicy',
    words: VIEWER,
  },
  {
    of: 'distribution:Distribution',
    at: 'orderedCacheBehaviors.*.allowedMethods.*',
    words: HTTP_METHODS,
  },
  // s; more is a quota that somebody has to ask for.
  {
    of: 'distribution:Distribution',
    at: 'origins.*.vpcOriginConfig.originReadTimeout',
    from: 1,
    to: 60,
  },
  {
    of: 'distribution:Distribution',
    at: 'origins.*.vpcOriginConfig.originKeepaliveTimeout',
    from: 1,
    to: 60,
  },
  {
    of: 'originAccessControl:OriginAccessControl',
    at: 'signingBehavior',
    words: ['always', 'never', 'no-override'],
  },
  {
    of: 'metricAlarm:MetricAlarm',
    at: 'comparisonOperator',
    words: [
      ...['GreaterThanThreshold', 'GreaterThanOrEqualToThreshold', 'LessThanThreshold'],
      ...['LessThanOrEqualToThreshold'],
    ],
  },
  {
    of: 'metricAlarm:MetricAlarm',
    at: 'treatMissingData',
    words: ['breaching', 'notBreaching', 'ignore', 'missing'],
  },
  {
    of: 'metricAlarm:MetricAlarm',
    at: 'statistic',
    words: ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'],
  },
  // What is written into a description may not be just anything.
  {
    of: 'securityGroup:SecurityGroup',
    at: 'description',
    like: /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/,
  },
  { of: 'logGroup:LogGroup', at: 'name', like: /^[.\-_/#A-Za-z0-9]{1,512}$/ },
  { of: 'rds/instance:Instance', at: 'dbName', like: /^[a-zA-Z][a-zA-Z0-9_]{0,62}$/ },
  // These names RDS keeps for itself.
  {
    of: 'rds/instance:Instance',
    at: 'username',
    like: /^(?!(?:admin|postgres|rdsadmin|root)$)[a-z][a-z0-9_]{0,62}$/,
  },
  {
    of: 'rds/instance:Instance',
    at: 'finalSnapshotIdentifier',
    like: /^[a-zA-Z](?:-?[a-zA-Z0-9]){0,254}$/,
  },
  { of: 'budgets/budget:Budget', at: 'name', like: /^[^:\\]{1,100}$/ },
  { of: 'vpcOrigin:VpcOrigin', at: 'vpcOriginEndpointConfig.name', like: /^[\w-]{1,64}$/ },
  // Characters of all policies of one role together.
  { of: 'rolePolicy:RolePolicy', at: 'policy', like: /^[\s\S]{1,10240}$/ },
  { of: 'cloudfront/function:Function', at: 'code', like: /^[\s\S]{1,10240}$/ },
  { of: 'metricAlarm:MetricAlarm', at: 'alarmDescription', like: /^[\s\S]{1,1024}$/ },
  { of: 'secret:Secret', at: 'recoveryWindowInDays', from: 7, to: 30 },
  {
    of: 'budgets/budget:Budget',
    at: 'timeUnit',
    words: ['MONTHLY', 'QUARTERLY', 'ANNUALLY', 'DAILY'],
  },
  {
    of: 'budgets/budget:Budget',
    at: 'notifications.*.notificationType',
    words: ['ACTUAL', 'FORECASTED'],
  },
];

/** Values that AWS would not take, and places where none was found, for then nothing was looked at. */
export function misfits({ of, at, ...taken }: Place, world: World): string[] {
  const found = allOf(world, of).flatMap(({ inputs }) => valuesAt(inputs, at.split('.')));
  if (found.length === 0) return [`nothing says ${at}`];
  return found.filter((value) => !takes(taken, value)).map(String);
}

function takes({ words, like, from = 0, to = Infinity }: Omit<Place, 'of' | 'at'>, value: Plain) {
  if (words) return words.some((word) => word === value);
  if (like) return typeof value === 'string' && like.test(value);
  return Number(value) >= from && Number(value) <= to;
}

function valuesAt(value: Plain, [step, ...rest]: string[]): Plain[] {
  if (step === undefined) return [value];
  if (step === '*')
    return Array.isArray(value) ? value.flatMap((item) => valuesAt(item, rest)) : [];
  return isObject(value) && step in value ? valuesAt(child(value, step), rest) : [];
}

const child = (value: PlainObject, name: string): Plain => value[name] ?? null;

/** Returns a copy of the world with an invalid value in this input. */
export function misplace({ of, at, from }: Place, world: World): World {
  const copy = structuredClone([...world]);
  const steps = at.split('.');
  const last = steps.pop() ?? '';
  for (const { inputs } of allOf(copy, of)) {
    for (const holder of valuesAt(inputs, steps)) {
      const wrong = from === undefined ? '~'.repeat(12_000) : -1;
      if (last === '*' && Array.isArray(holder)) holder[0] = wrong;
      else if (isObject(holder) && last in holder) holder[last] = wrong;
    }
  }
  return copy;
}

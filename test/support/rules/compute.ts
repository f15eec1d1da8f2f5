import { FUNCTION_ENV } from '../../../contract/config/function-env.ts';
import { ERASURES_DELAYED } from '../../../contract/log-messages.ts';
import { API_PATHS } from '../../../contract/routes.ts';
import type { Resource } from '../engine/resource.ts';
import { at } from '../engine/wire.ts';
import { allOf, list, only, type Rule, type World } from './world.ts';

/** Days that CloudWatch can keep a log. @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/** Kinds that AWS keeps without tags of their own. */
const isTagged = ({ type }: Resource) => type.startsWith('aws:');

const isOfCalls = ({ inputs }: Resource) => String(inputs.handler).endsWith('http');

/** Whether the database's parameter group sets the parameter to the value. */
const setsParameter = (
  { parameterGroupName }: Resource['inputs'],
  world: World,
  [name, value]: readonly [name: string, value: string],
) =>
  allOf(world, 'rds/parameterGroup:ParameterGroup').some(
    ({ computed, inputs }) =>
      computed.name === parameterGroupName &&
      list(inputs.parameters).some(
        (parameter) => at(parameter, 'name') === name && at(parameter, 'value') === value,
      ),
  );

/** Without them an error's DETAIL and STATEMENT repeat rows and values in the database's log. */
const QUIET_LOG = [
  ['log_error_verbosity', 'terse'],
  ['log_min_error_statement', 'panic'],
  ['log_parameter_max_length_on_error', '0'],
] as const;

export const COMPUTE_RULES: Rule[] = [
  {
    promise: 'both functions run on the Node and the processor that their zip is made for',
    of: 'lambda/function:Function',
    isKept: ({ runtime, architectures }) =>
      runtime === 'nodejs24.x' && list(architectures).join() === 'arm64',
    fault: { runtime: 'nodejs18.x' },
  },
  {
    promise: 'the function of calls ends before the gateway gives up',
    of: 'lambda/function:Function',
    where: isOfCalls,
    isKept: ({ timeout }, world) =>
      Number(timeout) * 1000 <
      Number(only(world, 'apigatewayv2/integration:Integration').inputs.timeoutMilliseconds),
    fault: { timeout: 30 },
  },
  {
    promise: 'no function reserves what small accounts have too little of',
    of: 'lambda/function:Function',
    isKept: ({ reservedConcurrentExecutions }) => reservedConcurrentExecutions === undefined,
    fault: { reservedConcurrentExecutions: 10 },
  },
  {
    promise: 'no function shares its role',
    of: 'lambda/function:Function',
    isKept: ({ role }, world) =>
      allOf(world, 'lambda/function:Function').filter(({ inputs }) => inputs.role === role)
        .length === 1,
    fault: (world) => {
      const [one, other] = allOf(world, 'lambda/function:Function');
      if (one && other) one.inputs.role = other.inputs.role ?? null;
    },
  },
  {
    promise: 'a function is told settings that it knows, and none of the network',
    of: 'lambda/function:Function',
    isKept: ({ environment, vpcConfig }) =>
      vpcConfig === undefined &&
      Object.keys(Object(at(environment, 'variables'))).every((name) =>
        [...FUNCTION_ENV, 'MALLOC_ARENA_MAX'].some((known) => known === name),
      ),
    fault: { environment: { variables: { THUMBS: '50' } } },
  },
  {
    promise:
      'another zip is another key: nothing is rolled out by chance, and nothing stays behind',
    of: 'lambda/function:Function',
    isKept: ({ s3Key }) => /[0-9a-f]{64}\.zip$/.test(String(s3Key)),
    fault: { s3Key: 'function.zip' },
  },
  {
    promise: 'a function writes to a log that ends',
    of: 'lambda/function:Function',
    isKept: ({ loggingConfig }, world) =>
      allOf(world, 'cloudwatch/logGroup:LogGroup').some(
        ({ computed }) => computed.name === at(loggingConfig, 'logGroup'),
      ),
    fault: { loggingConfig: { logGroup: '/aws/lambda/somewhere' } },
  },
  {
    promise: 'every log has a retention that CloudWatch supports',
    of: 'cloudwatch/logGroup:LogGroup',
    isKept: ({ retentionInDays }) => RETENTIONS.includes(Number(retentionInDays)),
    fault: { retentionInDays: 31 },
  },
  {
    promise: 'every route of the image API wants a signature',
    of: 'apigatewayv2/route:Route',
    isKept: ({ authorizationType }) => authorizationType === 'AWS_IAM',
    fault: { authorizationType: 'NONE' },
  },
  {
    promise: 'the image API has one route, and no other way in than its own',
    of: 'apigatewayv2/api:Api',
    isKept: ({ corsConfiguration, target }, world) =>
      corsConfiguration === undefined &&
      target === undefined &&
      allOf(world, 'apigatewayv2/route:Route')
        .map(({ inputs }) => inputs.routeKey)
        .join() === 'POST /images/{photoId}',
    fault: { corsConfiguration: { allowOrigins: ['*'] } },
  },
  {
    promise: 'the image API is throttled and writes down its calls',
    of: 'apigatewayv2/stage:Stage',
    isKept: (inputs, world) =>
      Number(at(inputs, 'defaultRouteSettings.throttlingRateLimit')) > 0 &&
      Number(at(inputs, 'defaultRouteSettings.throttlingBurstLimit')) > 0 &&
      world.some(({ computed }) => computed.arn === at(inputs, 'accessLogSettings.destinationArn')),
    fault: { defaultRouteSettings: {} },
  },
  {
    promise: 'a machine answers for its metadata by version 2 alone, one hop far',
    of: 'ec2/launchTemplate:LaunchTemplate',
    isKept: ({ metadataOptions }) =>
      at(metadataOptions, 'httpTokens') === 'required' &&
      at(metadataOptions, 'httpPutResponseHopLimit') === 1,
    fault: { metadataOptions: { httpTokens: 'optional', httpPutResponseHopLimit: 1 } },
  },
  {
    promise: 'the disk of a machine is encrypted, and nobody has a key to the machine',
    of: 'ec2/launchTemplate:LaunchTemplate',
    isKept: ({ blockDeviceMappings, keyName }) =>
      list(blockDeviceMappings).length > 0 &&
      list(blockDeviceMappings).every(
        (disk) => at(disk, 'ebs.encrypted') === 'true' && at(disk, 'ebs.volumeType') === 'gp3',
      ) &&
      keyName === undefined,
    fault: { keyName: 'laptop' },
  },
  {
    promise: 'a machine counts as healthy when the API is, and a release goes round without a gap',
    of: 'autoscaling/group:Group',
    isKept: (inputs, world) =>
      inputs.healthCheckType === 'ELB' &&
      at(inputs, 'instanceRefresh.strategy') === 'Rolling' &&
      Number(at(inputs, 'instanceRefresh.preferences.minHealthyPercentage')) >= 50 &&
      list(inputs.targetGroupArns).every((arn) =>
        world.some(({ computed }) => computed.arn === arn),
      ) &&
      list(inputs.targetGroupArns).length === 1,
    fault: { healthCheckType: 'EC2' },
  },
  {
    promise: 'the load balancer asks the API whether it is ready',
    of: 'lb/targetGroup:TargetGroup',
    isKept: ({ healthCheck }) =>
      at(healthCheck, 'path') === API_PATHS.ready && at(healthCheck, 'matcher') === '200',
    fault: { healthCheck: { path: '/', matcher: '200-499' } },
  },
  {
    promise: 'the load balancer drops headers that are none',
    of: 'lb/loadBalancer:LoadBalancer',
    isKept: ({ dropInvalidHeaderFields }) => dropInvalidHeaderFields === true,
    fault: { dropInvalidHeaderFields: false },
  },
  {
    promise: 'the database is private, encrypted and talks TLS',
    of: 'rds/instance:Instance',
    isKept: (inputs, world) =>
      inputs.publiclyAccessible === false &&
      inputs.storageEncrypted === true &&
      setsParameter(inputs, world, ['rds.force_ssl', '1']),
    fault: (world) => {
      only(world, 'rds/parameterGroup:ParameterGroup').inputs.parameters = [];
    },
  },
  {
    promise: 'the database logs no rows and no statements of errors',
    of: 'rds/instance:Instance',
    isKept: (inputs, world) =>
      QUIET_LOG.every((parameter) => setsParameter(inputs, world, parameter)),
    fault: (world) => {
      only(world, 'rds/parameterGroup:ParameterGroup').inputs.parameters = [
        { name: 'rds.force_ssl', value: '1' },
      ];
    },
  },
  {
    promise:
      'the database is not lost by accident: backups, a last snapshot, nobody may just delete it',
    of: 'rds/instance:Instance',
    isKept: (inputs, _, { options }) =>
      Number(inputs.backupRetentionPeriod) >= 7 &&
      inputs.deletionProtection === true &&
      inputs.skipFinalSnapshot === false &&
      inputs.deleteAutomatedBackups === false &&
      options.protect,
    fault: { skipFinalSnapshot: true },
  },
  {
    promise: 'the password of the database is made by AWS and known to nobody',
    of: 'rds/instance:Instance',
    isKept: ({ manageMasterUserPassword, password }) =>
      manageMasterUserPassword === true && password === undefined,
    fault: { password: 'portrait' },
  },
  {
    promise: 'a secret that is deleted can be had back for a week',
    of: 'secretsmanager/secret:Secret',
    isKept: ({ recoveryWindowInDays }) => Number(recoveryWindowInDays ?? 30) >= 7,
    fault: { recoveryWindowInDays: 0 },
  },
  {
    promise: 'every alarm tells somebody, when it begins and when it is over',
    of: 'cloudwatch/metricAlarm:MetricAlarm',
    isKept: ({ alarmActions, okActions }, world) => {
      const topics = allOf(world, 'sns/topic:Topic').map(({ computed }) => computed.arn);
      return [alarmActions, okActions].every((actions) => topics.includes(list(actions)[0] ?? ''));
    },
    fault: { alarmActions: [] },
  },
  {
    promise: 'a dead letter raises an alarm at once',
    of: 'sqs/queue:Queue',
    where: ({ computed }, world) =>
      allOf(world, 'sqs/queue:Queue').some(({ inputs }) =>
        String(inputs.redrivePolicy).includes(`"${computed.arn}"`),
      ),
    isKept: (_, world, { computed }) =>
      allOf(world, 'cloudwatch/metricAlarm:MetricAlarm').some(
        ({ inputs }) =>
          at(inputs, 'dimensions.QueueName') === computed.name &&
          inputs.metricName === 'ApproximateNumberOfMessagesVisible' &&
          inputs.comparisonOperator === 'GreaterThanThreshold' &&
          inputs.threshold === 0,
      ),
    fault: (world) => {
      for (const { inputs } of allOf(world, 'cloudwatch/metricAlarm:MetricAlarm')) {
        inputs.threshold = 1;
      }
    },
  },
  {
    promise: 'photos that cannot be erased raise an alarm, from the log of the API',
    of: 'cloudwatch/logMetricFilter:LogMetricFilter',
    isKept: ({ pattern, logGroupName, metricTransformation }, world) => {
      const [namespace, name] = [
        at(metricTransformation, 'namespace'),
        at(metricTransformation, 'name'),
      ];
      return (
        pattern === `{ $.msg = "${ERASURES_DELAYED}" }` &&
        String(logGroupName).endsWith('/api') &&
        allOf(world, 'cloudwatch/metricAlarm:MetricAlarm').some(
          ({ inputs }) =>
            inputs.namespace === namespace && inputs.metricName === name && inputs.threshold === 0,
        )
      );
    },
    fault: { pattern: '{ $.level = 60 }' },
  },
  {
    promise: 'everything says what it belongs to: it is made in the place that tags all',
    of: 'pulumi:providers:aws',
    isKept: ({ defaultTags }, world, provider) => {
      // A provider takes its settings as JSON text.
      const tags = typeof defaultTags === 'string' ? JSON.parse(defaultTags) : defaultTags;
      return (
        typeof at(tags, 'tags.Application') === 'string' &&
        world
          .filter(isTagged)
          .every(({ options }) => options.provider.startsWith(`${provider.urn}::`))
      );
    },
    fault: (world) => {
      const [first] = world.filter(isTagged);
      if (first) first.options.provider = '';
    },
  },
  {
    promise: 'machines and their disks are tagged too, which their group does not do',
    of: 'ec2/launchTemplate:LaunchTemplate',
    isKept: ({ tagSpecifications }) =>
      ['instance', 'volume'].every((kind) =>
        list(tagSpecifications).some(
          (tagged) =>
            at(tagged, 'resourceType') === kind &&
            typeof at(tagged, 'tags.Application') === 'string',
        ),
      ),
    fault: { tagSpecifications: [] },
  },
];

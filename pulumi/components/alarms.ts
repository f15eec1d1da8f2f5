import { getProject, getStack, type Input } from '@pulumi/pulumi';
import type { StackConfig } from '../config/read.ts';
import type { Balancer } from './balancer.ts';
import type { Database } from './database.ts';
import type { Functions } from './functions.ts';
import type { Gateway } from './gateway.ts';

export interface MonitoringArgs {
  stack: StackConfig;
  functions: Functions;
  gateway: Gateway;
  balancer: Balancer;
  database: Database;
  /** Name of the API's log group. */
  apiLogGroup: Input<string>;
}

/** Definition of one CloudWatch alarm. */
export interface Alarm {
  /** Text of the notification. */
  description: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, Input<string>>;
  threshold: number;
  /** Window of a count, or how long a state must last. */
  minutes: number;
  /** For states only; counts are summed. */
  statistic?: 'Average' | 'Maximum';
  /** The default is `GreaterThanThreshold`. */
  comparisonOperator?: 'LessThanThreshold';
}

/** Returns all alarms by name; docs/operations.md describes each one. */
export const defineAlarms = (args: MonitoringArgs): Record<string, Alarm> => ({
  ...queueAlarms(args),
  ...functionAlarms('http', args),
  ...functionAlarms('queue', args),
  ...apiAlarms(args),
  ...databaseAlarms(args),
  'erasures-delayed': {
    ...erasureMetric(),
    description:
      'Deleted photos are still in the bucket; the API log has the reason. See docs/operations.md, "Delayed erasures".',
    dimensions: {},
    threshold: 0,
    minutes: 5,
  },
});

/** Custom metric: number of API log lines that report delayed erasures. */
export const erasureMetric = () => ({
  namespace: 'Portrait',
  metricName: `${getProject()}-${getStack()}-erasures-delayed`,
});

const queueAlarms = ({ functions: { uploads } }: MonitoringArgs): Record<string, Alarm> => ({
  'dead-letters': {
    description:
      'Direct uploads failed permanently. See docs/operations.md, "Dead letters", for how to retry them.',
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: uploads.deadLetterQueue.name },
    statistic: 'Maximum',
    threshold: 0,
    minutes: 1,
  },
  'queue-stuck': {
    description: 'A direct upload has been in the queue for 15 minutes.',
    namespace: 'AWS/SQS',
    metricName: 'ApproximateAgeOfOldestMessage',
    dimensions: { QueueName: uploads.queue.name },
    statistic: 'Maximum',
    // s
    threshold: 900,
    minutes: 5,
  },
});

function functionAlarms(
  entry: 'http' | 'queue',
  { functions }: MonitoringArgs,
): Record<string, Alarm> {
  const metric = {
    namespace: 'AWS/Lambda',
    dimensions: { FunctionName: functions[entry].function.name },
    threshold: 0,
  };
  return {
    [`${entry}-errors`]: {
      ...metric,
      description: `The ${entry} function failed; its log has the reason.`,
      metricName: 'Errors',
      minutes: 1,
    },
    [`${entry}-throttles`]: {
      ...metric,
      description: `Calls of the ${entry} function exceeded the Lambda concurrency of the account.`,
      metricName: 'Throttles',
      minutes: 5,
    },
  };
}

function apiAlarms({ gateway, balancer }: MonitoringArgs): Record<string, Alarm> {
  const balancerMetric = { namespace: 'AWS/ApplicationELB', minutes: 5 };
  const { LoadBalancer } = balancer.metrics;
  return {
    'image-api-5xx': {
      description: 'The image API returns server errors.',
      namespace: 'AWS/ApiGateway',
      metricName: '5xx',
      dimensions: { ApiId: gateway.apiId },
      threshold: 0,
      minutes: 5,
    },
    'api-5xx': {
      ...balancerMetric,
      description: 'The API returns server errors.',
      metricName: 'HTTPCode_Target_5XX_Count',
      dimensions: { LoadBalancer },
      threshold: 5,
    },
    'balancer-5xx': {
      ...balancerMetric,
      description: 'The load balancer has no instance that responds.',
      metricName: 'HTTPCode_ELB_5XX_Count',
      dimensions: { LoadBalancer },
      threshold: 5,
    },
    'unhealthy-hosts': {
      ...balancerMetric,
      description: 'An API instance is not ready; its log names the failed check of /readyz.',
      metricName: 'UnHealthyHostCount',
      dimensions: balancer.metrics,
      statistic: 'Maximum',
      threshold: 0,
    },
  };
}

const GIB = 1024 ** 3;

function databaseAlarms({ stack, database }: MonitoringArgs): Record<string, Alarm> {
  const metric = {
    namespace: 'AWS/RDS',
    dimensions: { DBInstanceIdentifier: database.identifier },
    statistic: 'Average' as const,
  };
  return {
    'database-storage': {
      ...metric,
      description:
        'Free database storage is below 10 % of its initial size. It grows automatically, up to five times that size.',
      metricName: 'FreeStorageSpace',
      comparisonOperator: 'LessThanThreshold',
      threshold: (stack.databaseStorage * GIB) / 10,
      minutes: 5,
    },
    'database-cpu': {
      ...metric,
      description:
        'The database CPU is above 80 %: look for a slow query, or choose a larger databaseClass.',
      metricName: 'CPUUtilization',
      threshold: 80,
      minutes: 15,
    },
  };
}

import { getProject, getStack, type Input } from '@pulumi/pulumi';
import type { StackConfig } from '../config/read.ts';
import type { Balancer } from './balancer.ts';
import type { Database } from './database.ts';
import type { Functions } from './functions.ts';
import type { Gateway } from './gateway.ts';

/** What is looked at. */
export interface Watched {
  stack: StackConfig;
  functions: Functions;
  gateway: Gateway;
  balancer: Balancer;
  database: Database;
  /** Name of the log group of the API. */
  apiLog: Input<string>;
}

/** One thing that may be wrong. */
export interface Alarm {
  /** What it says to the person who is woken. */
  meaning: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, Input<string>>;
  threshold: number;
  /** In so many, or for so long. */
  minutes: number;
  /** Of a state; a count has none, it is summed. */
  statistic?: 'Average' | 'Maximum';
  /** Else greater. */
  comparisonOperator?: 'LessThanThreshold';
}

/** Everything that wakes somebody, by the names of the alarms. */
export const alarmsOf = (watched: Watched): Record<string, Alarm> => ({
  ...queueAlarms(watched),
  ...functionAlarms('http', watched),
  ...functionAlarms('queue', watched),
  ...apiAlarms(watched),
  ...databaseAlarms(watched),
  ...erasureAlarms(),
});

const queueAlarms = ({ functions: { uploads } }: Watched): Record<string, Alarm> => ({
  'dead-letters': {
    meaning:
      'Direct uploads failed for good. docs/deploy.md says how to look at them and try again.',
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: uploads.deadLetters.name },
    statistic: 'Maximum',
    threshold: 0,
    minutes: 1,
  },
  'queue-stuck': {
    meaning: 'A direct upload has waited for fifteen minutes.',
    namespace: 'AWS/SQS',
    metricName: 'ApproximateAgeOfOldestMessage',
    dimensions: { QueueName: uploads.queue.name },
    statistic: 'Maximum',
    threshold: 900,
    minutes: 5,
  },
});

function functionAlarms(entry: 'http' | 'queue', { functions }: Watched): Record<string, Alarm> {
  const metric = {
    namespace: 'AWS/Lambda',
    dimensions: { FunctionName: functions[entry].function.name },
    threshold: 0,
  };
  return {
    [`${entry}-errors`]: {
      ...metric,
      meaning: `The ${entry} function failed; its log says why.`,
      metricName: 'Errors',
      minutes: 1,
    },
    [`${entry}-throttles`]: {
      ...metric,
      meaning: `The ${entry} function was called more often than this account may.`,
      metricName: 'Throttles',
      minutes: 5,
    },
  };
}

function apiAlarms({ gateway, balancer }: Watched): Record<string, Alarm> {
  const atBalancer = { namespace: 'AWS/ApplicationELB', minutes: 5 };
  const { LoadBalancer } = balancer.metrics;
  return {
    'image-api-5xx': {
      meaning: 'The image API answers with errors of ours.',
      namespace: 'AWS/ApiGateway',
      metricName: '5xx',
      dimensions: { ApiId: gateway.apiId },
      threshold: 0,
      minutes: 5,
    },
    'api-5xx': {
      ...atBalancer,
      meaning: 'The API answers with errors of ours.',
      metricName: 'HTTPCode_Target_5XX_Count',
      dimensions: { LoadBalancer },
      threshold: 5,
    },
    'balancer-5xx': {
      ...atBalancer,
      meaning: 'The load balancer found no machine that answers.',
      metricName: 'HTTPCode_ELB_5XX_Count',
      dimensions: { LoadBalancer },
      threshold: 5,
    },
    'unhealthy-hosts': {
      ...atBalancer,
      meaning: 'A machine of the API is not ready: /readyz in its log says what it misses.',
      metricName: 'UnHealthyHostCount',
      dimensions: balancer.metrics,
      statistic: 'Maximum',
      threshold: 0,
    },
  };
}

/** Counts the log lines by which the API reports that erasures fail; metrics of ours are of no component of AWS. */
export const erasureMetric = () => ({
  namespace: 'Portrait',
  metricName: `${getProject()}-${getStack()}-erasures-delayed`,
});

const erasureAlarms = (): Record<string, Alarm> => ({
  'erasures-delayed': {
    ...erasureMetric(),
    meaning:
      'Photos that users deleted are still in the bucket; the log of the API says why. docs/operations.md, "Delayed erasures".',
    dimensions: {},
    threshold: 0,
    minutes: 5,
  },
});

const GiB = 1024 ** 3;

function databaseAlarms({ stack, database }: Watched): Record<string, Alarm> {
  const metric = {
    namespace: 'AWS/RDS',
    dimensions: { DBInstanceIdentifier: database.identifier },
    statistic: 'Average' as const,
  };
  return {
    'database-storage': {
      ...metric,
      meaning:
        'A tenth of the database disk is left. It grows by itself, up to five times its first size.',
      metricName: 'FreeStorageSpace',
      comparisonOperator: 'LessThanThreshold',
      threshold: (stack.databaseStorage * GiB) / 10,
      minutes: 5,
    },
    'database-cpu': {
      ...metric,
      meaning: 'The database is busy: a larger databaseClass, or look for a slow query.',
      metricName: 'CPUUtilization',
      threshold: 80,
      minutes: 15,
    },
  };
}

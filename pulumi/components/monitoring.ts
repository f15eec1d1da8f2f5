import { Budget } from '@pulumi/aws/budgets/budget.js';
import { LogMetricFilter } from '@pulumi/aws/cloudwatch/logMetricFilter.js';
import { MetricAlarm } from '@pulumi/aws/cloudwatch/metricAlarm.js';
import { getCallerIdentityOutput } from '@pulumi/aws/getCallerIdentity.js';
import { Topic } from '@pulumi/aws/sns/topic.js';
import { TopicPolicy } from '@pulumi/aws/sns/topicPolicy.js';
import { TopicSubscription } from '@pulumi/aws/sns/topicSubscription.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  type Output,
} from '@pulumi/pulumi';
import { ERASURES_DELAYED } from '../../contract/log-messages.ts';
import type { StackConfig } from '../config/read.ts';
import { policy } from '../iam/policy.ts';
import { type Alarm, defineAlarms, erasureMetric, type MonitoringArgs } from './alarms.ts';

/** Alarms and budget notifications, sent to one SNS topic. */
export class Monitoring extends ComponentResource {
  readonly topicArn: Output<string>;

  constructor(name: string, args: MonitoringArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Watch', name, {}, options);
    const { stack } = args;
    this.topicArn = this.#createTopic(name, stack);
    this.#countErasureFailures(name, args);
    for (const [alarmName, alarm] of Object.entries(defineAlarms(args))) {
      this.#createAlarm(`${name}-${alarmName}`, alarm);
    }
    if (stack.monthlyBudget > 0) this.#createBudget(name, stack.monthlyBudget);
    this.registerOutputs();
  }

  #createTopic(name: string, { alarmEmail }: StackConfig) {
    const parent = { parent: this };
    const { accountId } = getCallerIdentityOutput({}, parent);
    const { arn } = new Topic(name, {}, parent);
    const statements = ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'].map((service) => ({
      Sid: service.replaceAll('.', ''),
      Principal: { Service: service },
      Action: 'sns:Publish',
      Resource: arn,
      Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
    }));
    new TopicPolicy(name, { arn, policy: policy(...statements) }, parent);
    if (alarmEmail) {
      new TopicSubscription(name, { topic: arn, protocol: 'email', endpoint: alarmEmail }, parent);
    }
    return arn;
  }

  /** While erasures fail, the API logs one such line a minute. */
  #countErasureFailures(name: string, { apiLogGroup }: MonitoringArgs) {
    const { namespace, metricName } = erasureMetric();
    new LogMetricFilter(
      `${name}-erasures-delayed`,
      {
        logGroupName: apiLogGroup,
        pattern: `{ $.msg = "${ERASURES_DELAYED}" }`,
        metricTransformation: { namespace, name: metricName, value: '1' },
      },
      { parent: this },
    );
  }

  /** Sends a notification when the alarm starts and when it ends. */
  #createAlarm(name: string, { description, minutes, ...metric }: Alarm) {
    // Counts are summed over the whole window; a state must hold in each of its minutes.
    const window = metric.statistic
      ? { period: 60, evaluationPeriods: minutes }
      : { period: 60 * minutes, evaluationPeriods: 1 };
    new MetricAlarm(
      name,
      {
        alarmDescription: description,
        statistic: 'Sum',
        comparisonOperator: 'GreaterThanThreshold',
        ...window,
        // Without traffic there are no metrics, which is no reason for an alarm.
        treatMissingData: 'notBreaching',
        ...metric,
        alarmActions: [this.topicArn],
        okActions: [this.topicArn],
      },
      { parent: this },
    );
  }

  /** Covers the whole account: costs by tag exist only a day after the tag was activated by hand. */
  #createBudget(name: string, dollars: number) {
    new Budget(
      name,
      {
        name: `${getProject()}-${getStack()}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        limitAmount: String(dollars),
        limitUnit: 'USD',
        notifications: ['ACTUAL', 'FORECASTED'].map((notificationType) => ({
          notificationType,
          comparisonOperator: 'GREATER_THAN',
          threshold: 100,
          thresholdType: 'PERCENTAGE',
          subscriberSnsTopicArns: [this.topicArn],
        })),
      },
      { parent: this },
    );
  }
}

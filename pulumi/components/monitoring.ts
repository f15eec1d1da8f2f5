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
import { type Alarm, alarmsOf, erasureMetric, type Watched } from './alarms.ts';

/** Tells a person when something is wrong, or dear. */
export class Watch extends ComponentResource {
  readonly topicArn: Output<string>;

  constructor(name: string, watched: Watched, options: ComponentResourceOptions) {
    super('portrait:aws:Watch', name, {}, options);
    const { stack } = watched;
    this.topicArn = this.#createTopic(name, stack);
    this.#countErasureFailures(name, watched);
    for (const [of, alarm] of Object.entries(alarmsOf(watched))) {
      this.#raise(`${name}-${of}`, alarm);
    }
    if (stack.monthlyBudget > 0) this.#limit(name, stack.monthlyBudget);
    this.registerOutputs();
  }

  #createTopic(name: string, { alarmEmail }: StackConfig) {
    const parent = { parent: this };
    const { accountId } = getCallerIdentityOutput({}, parent);
    const { arn } = new Topic(name, {}, parent);
    const publish = (service: string) => ({
      Sid: service.replaceAll('.', ''),
      Principal: { Service: service },
      Action: 'sns:Publish',
      Resource: arn,
      Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
    });
    const mayPublish = ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'].map(publish);
    new TopicPolicy(name, { arn, policy: policy(...mayPublish) }, parent);
    if (alarmEmail) {
      const args = { topic: arn, protocol: 'email', endpoint: alarmEmail };
      new TopicSubscription(name, args, parent);
    }
    return arn;
  }

  /** One log line a minute while erasures fail becomes a metric. */
  #countErasureFailures(name: string, { apiLog }: Watched) {
    const { namespace, metricName } = erasureMetric();
    new LogMetricFilter(
      `${name}-erasures-delayed`,
      {
        logGroupName: apiLog,
        pattern: `{ $.msg = "${ERASURES_DELAYED}" }`,
        metricTransformation: { namespace, name: metricName, value: '1' },
      },
      { parent: this },
    );
  }

  /** Tells when it begins, and when it is over. */
  #raise(name: string, { meaning, minutes, ...metric }: Alarm) {
    // A count is of all these minutes; a state must have lasted for each of them.
    const window = metric.statistic
      ? { period: 60, evaluationPeriods: minutes }
      : { period: 60 * minutes, evaluationPeriods: 1 };
    new MetricAlarm(
      name,
      {
        alarmDescription: meaning,
        statistic: 'Sum',
        comparisonOperator: 'GreaterThanThreshold',
        ...window,
        // No calls, no errors: silence is no reason to wake anybody.
        treatMissingData: 'notBreaching',
        ...metric,
        alarmActions: [this.topicArn],
        okActions: [this.topicArn],
      },
      { parent: this },
    );
  }

  /** Of the whole account: costs by tag exist only a day after somebody has switched the tag on by hand. */
  #limit(name: string, dollars: number) {
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

import { Group } from '@pulumi/aws/autoscaling/group.js';
import { Policy } from '@pulumi/aws/autoscaling/policy.js';
import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import type { LaunchTemplate } from '@pulumi/aws/ec2/launchTemplate.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  type Output,
} from '@pulumi/pulumi';
import { type ApiDependencies, apiEnvironment } from '../config/api-environment.ts';
import type { StackConfig } from '../config/read.ts';
import { createInstanceRole } from '../iam/instance-role.ts';
import type { Balancer } from './balancer.ts';
import { createLaunchTemplate } from './launch-template.ts';
import type { Network } from './network.ts';
import { tags } from './provider.ts';
import type { Release } from './release.ts';
import type { Secrets } from './secrets.ts';
import type { SecurityGroups } from './security-groups.ts';

export interface ApiArgs extends ApiDependencies {
  stack: StackConfig;
  release: Release;
  secrets: Secrets;
  /** The instances are in its public subnets, with outbound internet access and without a NAT gateway. */
  network: Network;
  securityGroups: SecurityGroups;
  balancer: Balancer;
}

/** The API: identical instances in two availability zones, replaced one at a time when their launch template changes. */
export class Api extends ComponentResource {
  readonly logGroup: Output<string>;
  /** Name of the Auto Scaling group. */
  readonly groupName: Output<string>;

  constructor(name: string, args: ApiArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Api', name, {}, options);
    const { stack, release, photos, gateway, database, securityGroups } = args;
    const secrets = args.secrets.settings;
    const log = new LogGroup(
      name,
      { name: `/${getProject()}/${getStack()}/api`, retentionInDays: stack.logDays },
      { parent: this },
    );
    const profileArn = createInstanceRole(
      name,
      {
        photos: { arn: photos.arn, folders: stack },
        release,
        routeArn: gateway.routeArn,
        secretArns: [database.secretArn, ...Object.values(secrets).map(({ arn }) => arn)],
        logGroupArn: log.arn,
      },
      this,
    );
    const template = createLaunchTemplate(
      name,
      {
        instanceType: stack.instanceType,
        securityGroup: securityGroups.api,
        profileArn,
        release: release.api,
        environment: apiEnvironment(stack, args),
        secrets,
        logGroup: log.name,
      },
      this,
    );
    this.groupName = this.#createGroup(name, args, template);
    this.logGroup = log.name;
    this.registerOutputs();
  }

  #createGroup(
    name: string,
    { stack, network, securityGroups, balancer }: ApiArgs,
    template: LaunchTemplate,
  ) {
    const group = new Group(
      name,
      {
        vpcZoneIdentifiers: network.publicSubnets,
        minSize: stack.minInstances,
        maxSize: stack.maxInstances,
        // A version number: "$Latest" would neither start a rolling update nor allow a rollback.
        launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
        targetGroupArns: [balancer.targetGroupArn],
        healthCheckType: 'ELB',
        // s; twice the time to install and start.
        healthCheckGracePeriod: 300,
        defaultInstanceWarmup: 60,
        // The first deployment succeeds once this many instances are healthy, and fails otherwise.
        minElbCapacity: stack.minInstances,
        waitForCapacityTimeout: '15m',
        // Launch before terminating: neither a release nor an unhealthy instance reduces capacity.
        instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 200 },
        instanceRefresh: {
          strategy: 'Rolling',
          preferences: {
            minHealthyPercentage: 100,
            maxHealthyPercentage: 200,
            skipMatching: true,
            autoRollback: true,
          },
        },
        terminationPolicies: ['OldestLaunchTemplate', 'Default'],
        tags: Object.entries(tags()).map(([key, value]) => ({
          key,
          value,
          propagateAtLaunch: true,
        })),
      },
      // Instances download their release through the security groups, and are healthy only once the balancer listens.
      { parent: this, dependsOn: [securityGroups, balancer] },
    );
    new Policy(
      name,
      {
        autoscalingGroupName: group.name,
        policyType: 'TargetTrackingScaling',
        targetTrackingConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType: 'ASGAverageCPUUtilization' },
          targetValue: 60,
        },
      },
      { parent: this },
    );
    return group.name;
  }
}

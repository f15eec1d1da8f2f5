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
import { apiSettings, type Neighbours } from '../config/api-environment.ts';
import type { StackConfig } from '../config/read.ts';
import { createMachineRole } from '../iam/machine-role.ts';
import type { Balancer } from './balancer.ts';
import { createTemplate } from './machine.ts';
import type { Network } from './network.ts';
import { tags } from './provider.ts';
import type { Release } from './release.ts';
import type { Secrets } from './secrets.ts';
import type { Doors } from './security-groups.ts';

export interface ApiArgs extends Neighbours {
  stack: StackConfig;
  release: Release;
  secrets: Secrets;
  /** Whose public subnets the machines are in: they call out by themselves. */
  network: Network;
  doors: Doors;
  balancer: Balancer;
}

/** The API: equal machines in two zones, replaced one after the other when anything about them changes. */
export class Api extends ComponentResource {
  readonly logGroup: Output<string>;
  /** Name of the autoscaling group. */
  readonly groupName: Output<string>;

  constructor(name: string, args: ApiArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Api', name, {}, options);
    const { stack, release, photos, gateway, database } = args;
    const secrets = args.secrets.settings;
    const log = new LogGroup(
      name,
      { name: `/${getProject()}/${getStack()}/api`, retentionInDays: stack.logDays },
      { parent: this },
    );
    const profileArn = createMachineRole(
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
    const template = createTemplate(
      name,
      {
        ...{ door: args.doors.api, profileArn, secrets, logGroup: log.name },
        instanceType: stack.instanceType,
        release: release.api,
        settings: apiSettings(stack, args),
      },
      this,
    );
    this.groupName = this.#createGroup(name, args, template);
    this.logGroup = log.name;
    this.registerOutputs();
  }

  #createGroup(
    name: string,
    { stack, network, doors, balancer }: ApiArgs,
    template: LaunchTemplate,
  ) {
    const group = new Group(
      name,
      {
        vpcZoneIdentifiers: network.publicSubnets,
        minSize: stack.minInstances,
        maxSize: stack.maxInstances,
        // A number: with "$Latest" nobody would see a new version, and none could be rolled back.
        launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
        targetGroupArns: [balancer.targetGroupArn],
        healthCheckType: 'ELB',
        // s; installed and started in half of that.
        healthCheckGracePeriod: 300,
        defaultInstanceWarmup: 60,
        // The first deployment ends when so many answer, and fails when they do not.
        minElbCapacity: stack.minInstances,
        waitForCapacityTimeout: '15m',
        // New ones come first: neither a release nor a sick machine takes capacity away.
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
          ...{ key, value },
          propagateAtLaunch: true,
        })),
      },
      // Machines install themselves through the doors, and count as healthy once the balancer listens.
      { parent: this, dependsOn: [doors, balancer] },
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

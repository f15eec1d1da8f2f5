import { Listener } from '@pulumi/aws/lb/listener.js';
import { LoadBalancer } from '@pulumi/aws/lb/loadBalancer.js';
import { TargetGroup } from '@pulumi/aws/lb/targetGroup.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
} from '@pulumi/pulumi';
import { API_PATHS } from '../lambda/contract.ts';
import { PORTS } from './doors.ts';

export interface BalancerArgs {
  vpcId: Input<string>;
  /** Private ones: nobody outside can even name it. */
  subnetIds: Input<string>[];
  /** Its security group. */
  door: Input<string>;
}

/** The internal load balancer before the API; it sends nothing to a machine that cannot reach what it needs. */
export class Balancer extends ComponentResource {
  readonly arn: Output<string>;
  readonly dnsName: Output<string>;
  readonly targetGroupArn: Output<string>;
  /** What metrics call the balancer and its targets. */
  readonly metrics: { LoadBalancer: Output<string>; TargetGroup: Output<string> };

  constructor(name: string, args: BalancerArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Balancer', name, {}, options);
    const parent = { parent: this };
    const balancer = new LoadBalancer(
      name,
      {
        internal: true,
        loadBalancerType: 'application',
        subnets: args.subnetIds,
        securityGroups: [args.door],
        dropInvalidHeaderFields: true,
        // s; longer than the 60 that CloudFront waits, shorter than the 72 after which the API drops a connection.
        idleTimeout: 65,
      },
      parent,
    );
    const targets = new TargetGroup(
      name,
      {
        vpcId: args.vpcId,
        port: PORTS.api,
        protocol: 'HTTP',
        // s; a stop takes the API five. A subscription ends with its machine and is opened anew.
        deregistrationDelay: 10,
        healthCheck: {
          path: API_PATHS.ready,
          matcher: '200',
          interval: 10,
          timeout: 5,
          healthyThreshold: 2,
          // A minute: a database that moves to its other zone is no reason to replace machines.
          unhealthyThreshold: 6,
        },
      },
      parent,
    );
    new Listener(
      name,
      {
        loadBalancerArn: balancer.arn,
        port: PORTS.balancer,
        protocol: 'HTTP',
        defaultActions: [{ type: 'forward', targetGroupArn: targets.arn }],
      },
      parent,
    );
    this.arn = balancer.arn;
    this.dnsName = balancer.dnsName;
    this.targetGroupArn = targets.arn;
    this.metrics = { LoadBalancer: balancer.arnSuffix, TargetGroup: targets.arnSuffix };
    this.registerOutputs();
  }
}

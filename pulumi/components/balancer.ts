import { Listener } from '@pulumi/aws/lb/listener.js';
import { LoadBalancer } from '@pulumi/aws/lb/loadBalancer.js';
import { TargetGroup } from '@pulumi/aws/lb/targetGroup.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import { API_PATHS } from '../../contract/routes.ts';
import type { Network } from './network.ts';
import { type Doors, PORTS } from './security-groups.ts';

export interface BalancerArgs {
  /** Whose private subnets it is in: nobody outside can even name it. */
  network: Network;
  doors: Doors;
}

/** The internal load balancer before the API; it sends nothing to a machine that cannot reach what it needs. */
export class Balancer extends ComponentResource {
  readonly arn: Output<string>;
  readonly dnsName: Output<string>;
  readonly targetGroupArn: Output<string>;
  /** What metrics call the balancer and its targets. */
  readonly metrics: { LoadBalancer: Output<string>; TargetGroup: Output<string> };

  constructor(name: string, { network, doors }: BalancerArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Balancer', name, {}, options);
    const parent = { parent: this };
    const balancer = new LoadBalancer(
      name,
      {
        internal: true,
        loadBalancerType: 'application',
        subnets: network.privateSubnets,
        securityGroups: [doors.balancer],
        dropInvalidHeaderFields: true,
        // s; longer than the 60 that CloudFront waits, shorter than the 72 after which the API drops a connection.
        idleTimeout: 65,
      },
      parent,
    );
    const targets = new TargetGroup(
      name,
      {
        vpcId: network.vpcId,
        port: PORTS.api,
        protocol: 'HTTP',
        // s; a stop takes the API five. A subscription ends with its machine and is opened anew.
        deregistrationDelay: 10,
        healthCheck: {
          path: API_PATHS.ready,
          matcher: '200',
          // s; each check also asks bucket and gateway, which count requests.
          interval: 20,
          timeout: 5,
          healthyThreshold: 2,
          // A minute: a database that moves to its other zone is no reason to replace machines.
          unhealthyThreshold: 3,
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

import { Listener } from '@pulumi/aws/lb/listener.js';
import { LoadBalancer } from '@pulumi/aws/lb/loadBalancer.js';
import { TargetGroup } from '@pulumi/aws/lb/targetGroup.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import { API_PATHS } from '../../contract/routes.ts';
import type { Network } from './network.ts';
import { PORTS, type SecurityGroups } from './security-groups.ts';

export interface BalancerArgs {
  /** The balancer is in its private subnets, without a public address. */
  network: Network;
  securityGroups: SecurityGroups;
}

/** The internal load balancer in front of the API; it routes requests only to instances whose dependencies are reachable. */
export class Balancer extends ComponentResource {
  readonly arn: Output<string>;
  readonly dnsName: Output<string>;
  readonly targetGroupArn: Output<string>;
  /** CloudWatch dimensions of the balancer and its targets. */
  readonly metrics: { LoadBalancer: Output<string>; TargetGroup: Output<string> };

  constructor(
    name: string,
    { network, securityGroups }: BalancerArgs,
    options: ComponentResourceOptions,
  ) {
    super('portrait:aws:Balancer', name, {}, options);
    const parent = { parent: this };
    const balancer = new LoadBalancer(
      name,
      {
        internal: true,
        loadBalancerType: 'application',
        subnets: network.privateSubnets,
        securityGroups: [securityGroups.balancer],
        dropInvalidHeaderFields: true,
        // s; more than CloudFront's read timeout of 60, less than the API's keep-alive of 72.
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
        // s; the API shuts down within 5. Clients reconnect their subscriptions.
        deregistrationDelay: 10,
        healthCheck: {
          path: API_PATHS.ready,
          matcher: '200',
          // s; each check also calls the bucket and the gateway, which charge per request.
          interval: 20,
          timeout: 5,
          healthyThreshold: 2,
          // One minute: a database failover must not replace instances.
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

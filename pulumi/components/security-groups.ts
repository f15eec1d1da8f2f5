import { getManagedPrefixListOutput } from '@pulumi/aws/ec2/getManagedPrefixList.js';
import { SecurityGroup } from '@pulumi/aws/ec2/securityGroup.js';
import { SecurityGroupEgressRule } from '@pulumi/aws/vpc/securityGroupEgressRule.js';
import { SecurityGroupIngressRule } from '@pulumi/aws/vpc/securityGroupIngressRule.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import type { Network } from './network.ts';

/** Listening ports. */
export const PORTS = { balancer: 80, api: 4000, database: 5432 } as const;

/**
 * All allowed network connections: CloudFront to the balancer, the balancer to the API, the API to the database
 * and to any web server.
 */
export class SecurityGroups extends ComponentResource {
  /** Ids of security groups. */
  readonly balancer: Output<string>;
  readonly api: Output<string>;
  readonly database: Output<string>;

  constructor(name: string, { vpcId }: Network, options: ComponentResourceOptions) {
    super('portrait:aws:Doors', name, {}, options);
    const parent = { parent: this };
    const group = (role: string, description: string) =>
      new SecurityGroup(`${name}-${role}`, { vpcId, description }, parent).id;

    this.balancer = group('balancer', 'Load balancer: in from CloudFront, out to the API');
    this.api = group('api', 'API: in from the load balancer, out to the database and the web');
    this.database = group('database', 'Database: in from the API');

    // Addresses of CloudFront that connect to origins. The balancer has no public address: only VPC origins of this
    // account reach it.
    const cloudFront = getManagedPrefixListOutput(
      { name: 'com.amazonaws.global.cloudfront.origin-facing' },
      parent,
    );
    const tcp = (port: number) => ({ ipProtocol: 'tcp', fromPort: port, toPort: port });
    new SecurityGroupIngressRule(
      `${name}-cloudfront-to-balancer`,
      { securityGroupId: this.balancer, prefixListId: cloudFront.id, ...tcp(PORTS.balancer) },
      parent,
    );
    const allow = (rule: string, [from, to]: [Output<string>, Output<string>], port: number) => {
      const egress = { securityGroupId: from, referencedSecurityGroupId: to, ...tcp(port) };
      const ingress = { securityGroupId: to, referencedSecurityGroupId: from, ...tcp(port) };
      new SecurityGroupEgressRule(`${name}-${rule}`, egress, parent);
      new SecurityGroupIngressRule(`${name}-${rule}`, ingress, parent);
    };
    allow('balancer-to-api', [this.balancer, this.api], PORTS.api);
    allow('api-to-database', [this.api, this.database], PORTS.database);
    // AWS APIs, and photos imported from a URL.
    for (const port of [80, 443]) {
      new SecurityGroupEgressRule(
        `${name}-api-to-web-${port}`,
        { securityGroupId: this.api, cidrIpv4: '0.0.0.0/0', ...tcp(port) },
        parent,
      );
    }
    this.registerOutputs();
  }
}

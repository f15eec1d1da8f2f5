import { getManagedPrefixListOutput } from '@pulumi/aws/ec2/getManagedPrefixList.js';
import { SecurityGroup } from '@pulumi/aws/ec2/securityGroup.js';
import { SecurityGroupEgressRule } from '@pulumi/aws/vpc/securityGroupEgressRule.js';
import { SecurityGroupIngressRule } from '@pulumi/aws/vpc/securityGroupIngressRule.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import type { Network } from './network.ts';

/** Ports that something listens on. */
export const PORTS = { balancer: 80, api: 4000, database: 5432 } as const;

/**
 * Who may talk to whom, in one place: CloudFront to the balancer, the balancer to the API, the API to the
 * database and to web servers anywhere. Nobody else to anybody.
 */
export class Doors extends ComponentResource {
  /** Ids of security groups. */
  readonly balancer: Output<string>;
  readonly api: Output<string>;
  readonly database: Output<string>;

  constructor(name: string, { vpcId }: Network, options: ComponentResourceOptions) {
    super('portrait:aws:Doors', name, {}, options);
    const parent = { parent: this };
    const group = (who: string, description: string) =>
      new SecurityGroup(`${name}-${who}`, { vpcId, description }, parent).id;

    this.balancer = group('balancer', 'Load balancer: in from CloudFront, out to the API');
    this.api = group('api', 'API: in from the load balancer, out to the database and the web');
    this.database = group('database', 'Database: in from the API');

    // The addresses that CloudFront calls origins from. The balancer has no public address: of all of CloudFront,
    // only VPC origins of this account find it.
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
    const open = (way: string, [from, to]: [Output<string>, Output<string>], port: number) => {
      const out = { securityGroupId: from, referencedSecurityGroupId: to, ...tcp(port) };
      const into = { securityGroupId: to, referencedSecurityGroupId: from, ...tcp(port) };
      new SecurityGroupEgressRule(`${name}-${way}`, out, parent);
      new SecurityGroupIngressRule(`${name}-${way}`, into, parent);
    };
    open('balancer-to-api', [this.balancer, this.api], PORTS.api);
    open('api-to-database', [this.api, this.database], PORTS.database);
    // AWS itself, and photos that are sent as a link.
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

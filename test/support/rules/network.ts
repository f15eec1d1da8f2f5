import type { Resource } from '../engine/resource.ts';
import type { Plain } from '../engine/wire.ts';
import { at } from '../engine/wire.ts';
import { allOf, list, only, type Rule, type World } from './world.ts';

const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** Ids of subnets that the internet gateway leads to. */
function publicSubnets(world: World): Plain[] {
  const gateways = allOf(world, 'ec2/internetGateway:InternetGateway').map(
    ({ computed }) => computed.id,
  );
  const tables = allOf(world, 'ec2/route:Route')
    .filter(({ inputs }) => gateways.includes(inputs.gatewayId ?? null))
    .map(({ inputs }) => inputs.routeTableId);
  return allOf(world, 'RouteTableAssociation')
    .filter(({ inputs }) => tables.includes(inputs.routeTableId ?? null))
    .map(({ inputs }) => inputs.subnetId ?? null);
}

const arePrivate = (subnets: Plain | undefined, world: World) =>
  list(subnets).length > 0 && !list(subnets).some((id) => publicSubnets(world).includes(id));

const zonesOf = (subnets: Plain[], world: World) =>
  new Set(
    allOf(world, 'ec2/subnet:Subnet')
      .filter(({ computed }) => subnets.includes(computed.id ?? null))
      .map(({ inputs }) => inputs.availabilityZone),
  ).size;

/** Security groups that a rule lets in by name; nothing when it goes by addresses. */
const sourcesOf = (group: Plain | undefined, world: World) =>
  allOf(world, 'SecurityGroupIngressRule')
    .filter(({ inputs }) => inputs.securityGroupId === group)
    .map(({ inputs }) => inputs.referencedSecurityGroupId ?? null);

const idOf = (group: Resource) => group.computed.id ?? null;

export const NETWORK_RULES: Rule[] = [
  {
    promise: 'nothing is open to the whole internet',
    of: 'SecurityGroupIngressRule',
    isKept: ({ cidrIpv4, cidrIpv6 }) =>
      ![cidrIpv4, cidrIpv6].some((range) => EVERYWHERE.includes(String(range))),
    fault: { cidrIpv4: '0.0.0.0/0' },
  },
  {
    promise: 'no security group brings rules along that nobody sees',
    of: 'ec2/securityGroup:SecurityGroup',
    isKept: ({ ingress }) => list(ingress).length === 0,
    fault: { ingress: [{ fromPort: 22, toPort: 22, protocol: 'tcp', cidrBlocks: ['0.0.0.0/0'] }] },
  },
  {
    promise: 'whatever forgets its security group reaches nobody',
    of: 'ec2/defaultSecurityGroup:DefaultSecurityGroup',
    isKept: ({ ingress, egress }) => list(ingress).length + list(egress).length === 0,
    fault: { egress: [{ fromPort: 0, toPort: 0, protocol: '-1', cidrBlocks: ['0.0.0.0/0'] }] },
  },
  {
    promise: 'the database lets in the API and nobody else',
    of: 'rds/instance:Instance',
    isKept: ({ vpcSecurityGroupIds }, world) => {
      const api = idOf(only(world, 'ec2/securityGroup:SecurityGroup', 'api'));
      return list(vpcSecurityGroupIds).every((id) => sourcesOf(id, world).join() === api);
    },
    fault: (world) => {
      const balancer = idOf(only(world, 'ec2/securityGroup:SecurityGroup', 'balancer'));
      const rule = only(world, 'SecurityGroupIngressRule', 'database');
      rule.inputs.referencedSecurityGroupId = balancer;
    },
  },
  {
    promise: 'a machine of the API lets in the load balancer and nobody else',
    of: 'ec2/launchTemplate:LaunchTemplate',
    isKept: (inputs, world) => {
      const balancer = idOf(only(world, 'ec2/securityGroup:SecurityGroup', 'balancer'));
      const groups = list(at(inputs, 'networkInterfaces.0.securityGroups'));
      return groups.length === 1 && sourcesOf(groups[0], world).join() === balancer;
    },
    fault: { networkInterfaces: [{ securityGroups: ['sg-of-nobody'] }] },
  },
  {
    promise: 'the load balancer lets in CloudFront and nobody else',
    of: 'lb/loadBalancer:LoadBalancer',
    isKept: ({ securityGroups }, world) =>
      list(securityGroups).length === 1 &&
      allOf(world, 'SecurityGroupIngressRule')
        .filter(({ inputs }) => inputs.securityGroupId === list(securityGroups)[0])
        .every(({ inputs }) => typeof inputs.prefixListId === 'string'),
    fault: (world) => {
      const rule = only(world, 'SecurityGroupIngressRule', 'cloudfront');
      delete rule.inputs.prefixListId;
      rule.inputs.cidrIpv4 = '10.0.0.0/8';
    },
  },
  {
    promise: 'the load balancer is internal, in private subnets of two zones',
    of: 'lb/loadBalancer:LoadBalancer',
    isKept: ({ internal, subnets }, world) =>
      internal === true && arePrivate(subnets, world) && zonesOf(list(subnets), world) >= 2,
    fault: { internal: false },
  },
  {
    promise: 'the database is in private subnets of two zones',
    of: 'rds/subnetGroup:SubnetGroup',
    isKept: ({ subnetIds }, world) =>
      arePrivate(subnetIds, world) && zonesOf(list(subnetIds), world) >= 2,
    fault: (world) => {
      only(world, 'rds/subnetGroup:SubnetGroup').inputs.subnetIds = publicSubnets(world);
    },
  },
  {
    promise: 'the machines stand in two zones',
    of: 'autoscaling/group:Group',
    isKept: ({ vpcZoneIdentifiers }, world) => zonesOf(list(vpcZoneIdentifiers), world) >= 2,
    fault: (world) => {
      const { inputs } = only(world, 'autoscaling/group:Group');
      inputs.vpcZoneIdentifiers = list(inputs.vpcZoneIdentifiers).slice(0, 1);
    },
  },
  {
    promise: 'photos reach S3 without leaving the network of AWS, from every subnet',
    of: 'ec2/vpcEndpoint:VpcEndpoint',
    isKept: ({ vpcEndpointType, routeTableIds }, world) =>
      vpcEndpointType === 'Gateway' &&
      list(routeTableIds).length === allOf(world, 'ec2/routeTable:RouteTable').length,
    fault: { routeTableIds: [] },
  },
  {
    promise: 'CloudFront speaks TLS with everybody',
    of: 'cloudfront/distribution:Distribution',
    isKept: (inputs) =>
      [inputs.defaultCacheBehavior, ...list(inputs.orderedCacheBehaviors)].every((behaviour) =>
        ['redirect-to-https', 'https-only'].includes(String(at(behaviour, 'viewerProtocolPolicy'))),
      ),
    fault: (world) => {
      const { inputs } = only(world, 'cloudfront/distribution:Distribution');
      inputs.defaultCacheBehavior = { viewerProtocolPolicy: 'allow-all' };
    },
  },
  {
    promise: 'CloudFront signs what it asks of a bucket',
    of: 'cloudfront/distribution:Distribution',
    isKept: ({ origins }) =>
      list(origins).every(
        (origin) =>
          at(origin, 'vpcOriginConfig') !== null ||
          typeof at(origin, 'originAccessControlId') === 'string',
      ),
    fault: { origins: [{ domainName: 'bucket.s3.amazonaws.com', originId: 'photos' }] },
  },
  {
    promise: 'pictures are read and nothing else, and no browser runs them',
    of: 'cloudfront/distribution:Distribution',
    isKept: ({ orderedCacheBehaviors }, world) => {
      const pictures = list(orderedCacheBehaviors).find(
        (behaviour) => at(behaviour, 'targetOriginId') === 'photos',
      );
      const headers = world.find(
        ({ computed }) => computed.id === at(pictures, 'responseHeadersPolicyId'),
      );
      const security = headers?.inputs.securityHeadersConfig;
      const csp = at(security, 'contentSecurityPolicy.contentSecurityPolicy');
      return (
        list(at(pictures, 'allowedMethods')).join() === 'GET,HEAD' &&
        at(security, 'contentTypeOptions.override') === true &&
        String(csp).includes('sandbox')
      );
    },
    fault: (world) => {
      const { inputs } = only(world, 'ResponseHeadersPolicy', 'pictures');
      inputs.securityHeadersConfig = {};
    },
  },
];

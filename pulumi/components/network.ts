import { DefaultSecurityGroup } from '@pulumi/aws/ec2/defaultSecurityGroup.js';
import { InternetGateway } from '@pulumi/aws/ec2/internetGateway.js';
import { Route } from '@pulumi/aws/ec2/route.js';
import { RouteTable } from '@pulumi/aws/ec2/routeTable.js';
import { RouteTableAssociation } from '@pulumi/aws/ec2/routeTableAssociation.js';
import { Subnet } from '@pulumi/aws/ec2/subnet.js';
import { Vpc } from '@pulumi/aws/ec2/vpc.js';
import { VpcEndpoint } from '@pulumi/aws/ec2/vpcEndpoint.js';
import { getAvailabilityZonesOutput } from '@pulumi/aws/getAvailabilityZones.js';
import { getRegionOutput } from '@pulumi/aws/getRegion.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  interpolate,
  type Output,
  RunError,
} from '@pulumi/pulumi';

/** Address ranges of the VPC and its four subnets of 4,096 addresses each; three quarters of the VPC stay free. */
const CIDR = '10.42.0.0/16';
const PUBLIC_CIDRS = ['10.42.0.0/20', '10.42.16.0/20'];
const PRIVATE_CIDRS = ['10.42.128.0/20', '10.42.144.0/20'];

/**
 * Older availability zones without support for VPC origins of CloudFront.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
 */
const ZONES_WITHOUT_VPC_ORIGINS = ['use1-az3', 'usw1-az2', 'apne1-az3', 'apne2-az1', 'cac1-az3'];

/**
 * A VPC with subnets in two availability zones. Public subnets have outbound internet access without a NAT gateway
 * ($33 per month and zone); private subnets have none, and contain the load balancer and the database.
 */
export class Network extends ComponentResource {
  readonly vpcId: Output<string>;
  /** Subnet ids, one per availability zone. */
  readonly publicSubnets: Output<string>[];
  /** Subnet ids, one per availability zone. */
  readonly privateSubnets: Output<string>[];

  constructor(name: string, options: ComponentResourceOptions) {
    super('portrait:aws:Network', name, {}, options);
    const parent = { parent: this };

    const vpc = new Vpc(
      `${name}-vpc`,
      { cidrBlock: CIDR, enableDnsHostnames: true, tags: nameTag() },
      parent,
    );
    // Resources without an explicit security group get this one, which allows no traffic.
    new DefaultSecurityGroup(`${name}-nothing`, { vpcId: vpc.id }, parent);
    const internetGateway = new InternetGateway(`${name}-internet`, { vpcId: vpc.id }, parent);

    const publicTable = new RouteTable(`${name}-outward`, { vpcId: vpc.id }, parent);
    new Route(
      `${name}-to-internet`,
      {
        routeTableId: publicTable.id,
        destinationCidrBlock: '0.0.0.0/0',
        gatewayId: internetGateway.id,
      },
      parent,
    );
    const privateTable = new RouteTable(`${name}-inward`, { vpcId: vpc.id }, parent);
    // Traffic to S3 stays inside the AWS network and is free of charge.
    const { region } = getRegionOutput({}, parent);
    new VpcEndpoint(
      `${name}-s3`,
      {
        vpcId: vpc.id,
        serviceName: interpolate`com.amazonaws.${region}.s3`,
        vpcEndpointType: 'Gateway',
        routeTableIds: [publicTable.id, privateTable.id],
      },
      parent,
    );

    const subnets = (kind: string, table: RouteTable, cidrs: string[]) =>
      cidrs.map((cidrBlock, zoneIndex) =>
        createSubnet(`${name}-${kind}-${zoneIndex}`, { cidrBlock, zoneIndex, vpc, table }, this),
      );
    this.vpcId = vpc.id;
    this.publicSubnets = subnets('public', publicTable, PUBLIC_CIDRS);
    this.privateSubnets = subnets('private', privateTable, PRIVATE_CIDRS);
    this.registerOutputs();
  }
}

/** Display name in the AWS console. */
const nameTag = (...parts: string[]) => ({ Name: [getProject(), getStack(), ...parts].join('-') });

interface SubnetArgs {
  cidrBlock: string;
  zoneIndex: number;
  vpc: Vpc;
  table: RouteTable;
}

function createSubnet(name: string, args: SubnetArgs, parent: Network) {
  const { cidrBlock, zoneIndex, vpc, table } = args;
  // Local Zones, which are opt-in, have no load balancers or databases.
  const zones = getAvailabilityZonesOutput(
    {
      state: 'available',
      excludeZoneIds: ZONES_WITHOUT_VPC_ORIGINS,
      filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
    },
    { parent },
  );
  const availabilityZone = zones.names.apply((names) => {
    const zone = names[zoneIndex];
    if (zone) return zone;
    throw new RunError(
      'This account has fewer than two availability zones with CloudFront VPC origins in the region.',
    );
  });
  const subnet = new Subnet(
    name,
    { vpcId: vpc.id, cidrBlock, availabilityZone, tags: nameTag(name) },
    // A change of the zone list must not replace existing subnets.
    { parent, ignoreChanges: ['availabilityZone'] },
  );
  new RouteTableAssociation(name, { subnetId: subnet.id, routeTableId: table.id }, { parent });
  return subnet.id;
}

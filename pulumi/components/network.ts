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

/** Addresses of everything, and of each subnet: four of 4,096, with as much left over. */
const CIDR = '10.42.0.0/16';
const PUBLIC_CIDRS = ['10.42.0.0/20', '10.42.16.0/20'];
const PRIVATE_CIDRS = ['10.42.128.0/20', '10.42.144.0/20'];

/** Old zones in which CloudFront reaches nothing. @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html */
const WITHOUT_VPC_ORIGINS = ['use1-az3', 'usw1-az2', 'apne1-az3', 'apne2-az1', 'cac1-az3'];

/**
 * A network over two zones. Machines in the public subnets may call out by themselves, without a NAT gateway
 * ($33 a month and zone); the private ones reach nothing outside and hold what only has to be reached.
 */
export class Network extends ComponentResource {
  readonly vpcId: Output<string>;
  /** Ids, as those of the private ones. */
  readonly publicSubnets: Output<string>[];
  readonly privateSubnets: Output<string>[];

  constructor(name: string, options: ComponentResourceOptions) {
    super('portrait:aws:Network', name, {}, options);
    const parent = { parent: this };

    const vpc = new Vpc(
      `${name}-vpc`,
      { cidrBlock: CIDR, enableDnsHostnames: true, tags: named('') },
      parent,
    );
    // Whatever forgets to name a security group gets this one, which lets nothing in or out.
    new DefaultSecurityGroup(`${name}-nothing`, { vpcId: vpc.id }, parent);
    const gateway = new InternetGateway(`${name}-internet`, { vpcId: vpc.id }, parent);

    const outward = new RouteTable(`${name}-outward`, { vpcId: vpc.id }, parent);
    new Route(
      `${name}-to-internet`,
      { routeTableId: outward.id, destinationCidrBlock: '0.0.0.0/0', gatewayId: gateway.id },
      parent,
    );
    const inward = new RouteTable(`${name}-inward`, { vpcId: vpc.id }, parent);
    // Photos and packages come and go without leaving the network of AWS, and without a fee.
    const { region } = getRegionOutput({}, parent);
    new VpcEndpoint(
      `${name}-s3`,
      {
        vpcId: vpc.id,
        serviceName: interpolate`com.amazonaws.${region}.s3`,
        vpcEndpointType: 'Gateway',
        routeTableIds: [outward.id, inward.id],
      },
      parent,
    );

    const subnets = (kind: string, table: RouteTable, cidrs: string[]) =>
      cidrs.map((cidrBlock, at) =>
        addSubnet(`${name}-${kind}-${at}`, { cidrBlock, at, vpc, table }, this),
      );
    this.vpcId = vpc.id;
    this.publicSubnets = subnets('public', outward, PUBLIC_CIDRS);
    this.privateSubnets = subnets('private', inward, PRIVATE_CIDRS);
    this.registerOutputs();
  }
}

/** What lists of AWS show. */
const named = (part: string) => ({
  Name: [getProject(), getStack(), part].filter(Boolean).join('-'),
});

interface SubnetPlace {
  cidrBlock: string;
  /** Which of the zones. */
  at: number;
  vpc: Vpc;
  table: RouteTable;
}

function addSubnet(name: string, { cidrBlock, at, vpc, table }: SubnetPlace, parent: Network) {
  // Local Zones, which are opted in to, have no load balancers or databases.
  const zones = getAvailabilityZonesOutput(
    {
      state: 'available',
      excludeZoneIds: WITHOUT_VPC_ORIGINS,
      filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
    },
    { parent },
  );
  const availabilityZone = zones.names.apply((names) => {
    if (names[at]) return names[at];
    throw new RunError(
      'The region has fewer than two zones for this account that CloudFront can reach.',
    );
  });
  const subnet = new Subnet(
    name,
    { vpcId: vpc.id, cidrBlock, availabilityZone, tags: named(name) },
    // A zone that comes or goes at AWS must not move what is there.
    { parent, ignoreChanges: ['availabilityZone'] },
  );
  new RouteTableAssociation(name, { subnetId: subnet.id, routeTableId: table.id }, { parent });
  return subnet.id;
}

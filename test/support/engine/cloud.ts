import { createHash } from 'node:crypto';
import { ACCOUNT, outputsOf } from './kinds.ts';
import type { Resource } from './resource.ts';
import type { PlainObject } from './wire.ts';

/** AWS as the program sees it: outputs of created resources, and data sources. */
export interface Cloud {
  create(resource: Resource): PlainObject;
  /** @throws for a data source that is not described here */
  read(token: string, args: PlainObject): PlainObject;
}

/** A stand-in for AWS that creates nothing and returns the same values in every run. */
export function standInCloud(region: string): Cloud {
  return {
    create(resource) {
      const digits = createHash('sha256').update(resource.urn).digest('hex').slice(0, 16);
      const { inputs, type } = resource;
      const name = physicalName(resource, digits);
      const arn = (service: string, rest: string) =>
        `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
      const creation = { name, digits, inputs, arn, region };
      return outputsOf(type)(creation);
    },
    read: (token, args) => readFact(token, args, region),
  };
}

/** The given name, or the one the provider generates from Pulumi's name. */
function physicalName({ name, inputs }: Resource, digits: string) {
  const given = inputs.name ?? inputs.bucket ?? inputs.identifier;
  return typeof given === 'string' ? given : `${name}-${digits.slice(0, 7)}`;
}

function readFact(token: string, args: PlainObject, region: string): PlainObject {
  switch (token) {
    case 'aws:index/getAvailabilityZones:getAvailabilityZones': {
      const names = ['a', 'b', 'c'].map((letter) => `${region}${letter}`);
      return { id: region, names, zoneIds: names.map((name) => `${name}-id`) };
    }
    case 'aws:index/getCallerIdentity:getCallerIdentity':
      return { id: ACCOUNT, accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/deployer` };
    case 'aws:index/getRegion:getRegion':
      return {
        id: region,
        region,
        description: 'somewhere',
        endpoint: `ec2.${region}.amazonaws.com`,
      };
    case 'aws:ssm/getParameter:getParameter':
      return {
        id: args.name ?? '',
        name: args.name ?? '',
        insecureValue: 'ami-0123456789abcdef0',
        value: 'ami-0123456789abcdef0',
        type: 'String',
      };
    case 'aws:ec2/getManagedPrefixList:getManagedPrefixList':
      return { id: 'pl-0123456789abcdef0', name: args.name ?? '' };
    case 'aws:s3/getBucket:getBucket':
      return readBucket(String(args.bucket), region);
    default:
      throw new Error(
        `The stand-in cloud has no data source ${token}: add it to test/support/engine/cloud.ts`,
      );
  }
}

/** An existing bucket; names that contain `nobody` do not exist. */
function readBucket(bucket: string, region: string): PlainObject {
  if (bucket.includes('nobody')) throw new Error(`empty result: couldn't find bucket ${bucket}`);
  const domain = `${bucket}.s3.${region}.amazonaws.com`;
  return {
    id: bucket,
    bucket,
    arn: `arn:aws:s3:::${bucket}`,
    bucketRegion: region,
    bucketRegionalDomainName: domain,
  };
}

import type { PlainObject } from './wire.ts';

export const ACCOUNT = '123456789012';

/** Everything a stand-in resource's outputs are computed from. */
export interface Creation {
  /** Physical name: the given one, or generated from Pulumi's name as the AWS provider does. */
  name: string;
  /** Sixteen hexadecimal digits, unique per resource and stable across runs. */
  digits: string;
  inputs: PlainObject;
  /** `arn:aws:{service}:{region}:{account}:{rest}` */
  arn: (service: string, rest: string) => string;
  region: string;
}

/** Outputs of each resource type, by Pulumi's token; every type has an `id`. */
const KINDS: Record<string, (making: Creation) => PlainObject> = {
  'aws:acm/certificate:Certificate': ({ digits, arn, inputs }) => {
    const made = arn('acm', `certificate/${digits}`);
    const option = {
      domainName: inputs.domainName ?? '',
      resourceRecordName: `_${digits}.${inputs.domainName}.`,
      resourceRecordType: 'CNAME',
      resourceRecordValue: `_${digits}.acm-validations.aws.`,
    };
    return { id: made, arn: made, domainValidationOptions: [option] };
  },
  'aws:acm/certificateValidation:CertificateValidation': ({ digits, inputs }) => ({
    id: digits,
    certificateArn: inputs.certificateArn ?? '',
  }),
  'aws:apigatewayv2/api:Api': ({ digits, region, arn }) => {
    const id = digits.slice(0, 10);
    return {
      id,
      arn: `arn:aws:apigateway:${region}::/apis/${id}`,
      executionArn: arn('execute-api', id),
      apiEndpoint: `https://${id}.execute-api.${region}.amazonaws.com`,
    };
  },
  'aws:apigatewayv2/stage:Stage': ({ name, digits, inputs, arn, region }) => ({
    id: name,
    arn: `arn:aws:apigateway:${region}::/apis/${inputs.apiId}/stages/${name}`,
    executionArn: arn('execute-api', `${inputs.apiId}/${name}`),
    invokeUrl: `https://${inputs.apiId}.execute-api.${region}.amazonaws.com/${name}`,
    deploymentId: digits.slice(0, 6),
  }),
  'aws:autoscaling/group:Group': ({ name, digits, arn }) => ({
    id: name,
    name,
    arn: arn('autoscaling', `autoScalingGroup:${digits}:autoScalingGroupName/${name}`),
  }),
  'aws:cloudfront/distribution:Distribution': ({ digits }) => {
    const id = `E${digits.slice(0, 13).toUpperCase()}`;
    return {
      id,
      arn: `arn:aws:cloudfront::${ACCOUNT}:distribution/${id}`,
      domainName: `d${digits.slice(0, 13)}.cloudfront.net`,
      hostedZoneId: 'Z2FDTNDATAQYW2',
    };
  },
  'aws:cloudfront/function:Function': ({ name }) => ({
    id: name,
    name,
    arn: `arn:aws:cloudfront::${ACCOUNT}:function/${name}`,
  }),
  'aws:cloudfront/vpcOrigin:VpcOrigin': ({ digits }) => ({
    id: `vo_${digits}`,
    arn: `arn:aws:cloudfront::${ACCOUNT}:vpcorigin/vo_${digits}`,
  }),
  'aws:cloudwatch/logGroup:LogGroup': ({ name, arn }) => ({
    id: name,
    name,
    arn: arn('logs', `log-group:${name}`),
  }),
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': ({ name }) => ({ id: name, name }),
  'aws:cloudwatch/metricAlarm:MetricAlarm': ({ name, arn }) => ({
    id: name,
    arn: arn('cloudwatch', `alarm:${name}`),
  }),
  'aws:ec2/launchTemplate:LaunchTemplate': ({ name, digits, arn }) => ({
    id: `lt-${digits}`,
    name,
    arn: arn('ec2', `launch-template/lt-${digits}`),
    latestVersion: 1,
    defaultVersion: 1,
  }),
  'aws:iam/instanceProfile:InstanceProfile': (making) => ofIam('instance-profile')(making),
  'aws:iam/role:Role': (making) => ({
    ...ofIam('role')(making),
    uniqueId: `AROA${making.digits.toUpperCase()}`,
  }),
  'aws:iam/rolePolicy:RolePolicy': ({ name, inputs }) => ({ id: `${inputs.role}:${name}`, name }),
  'aws:lambda/eventSourceMapping:EventSourceMapping': ({ digits, arn }) => ({
    id: digits,
    uuid: digits,
    arn: arn('lambda', `event-source-mapping:${digits}`),
  }),
  'aws:lambda/function:Function': ({ name, arn, region }) => {
    const made = arn('lambda', `function:${name}`);
    const invokeArn = `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${made}/invocations`;
    return { id: name, name, arn: made, qualifiedArn: `${made}:1`, invokeArn, version: '1' };
  },
  'aws:lb/listener:Listener': ({ digits, arn }) => {
    const made = arn('elasticloadbalancing', `listener/app/${digits}`);
    return { id: made, arn: made };
  },
  'aws:lb/loadBalancer:LoadBalancer': ({ name, digits, arn, region }) => {
    const arnSuffix = `app/${name}/${digits}`;
    const made = arn('elasticloadbalancing', `loadbalancer/${arnSuffix}`);
    const dnsName = `internal-${name}-${digits.slice(0, 9)}.${region}.elb.amazonaws.com`;
    return { id: made, arn: made, name, arnSuffix, dnsName, zoneId: 'Z215JYRZR1TBD5' };
  },
  'aws:lb/targetGroup:TargetGroup': ({ name, digits, arn }) => {
    const arnSuffix = `targetgroup/${name}/${digits}`;
    const made = arn('elasticloadbalancing', arnSuffix);
    return { id: made, arn: made, name, arnSuffix };
  },
  'aws:rds/instance:Instance': ({ name, digits, arn, region, inputs }) => {
    const address = `${name}.${digits.slice(0, 12)}.${region}.rds.amazonaws.com`;
    const secretArn = arn('secretsmanager', `secret:rds!db-${digits}`);
    const masterUserSecret = { secretArn, secretStatus: 'active', kmsKeyId: '' };
    return {
      id: `db-${digits.toUpperCase()}`,
      identifier: name,
      arn: arn('rds', `db:${name}`),
      address,
      port: 5432,
      endpoint: `${address}:5432`,
      resourceId: `db-${digits.toUpperCase()}`,
      masterUserSecrets: inputs.manageMasterUserPassword === true ? [masterUserSecret] : [],
    };
  },
  'aws:rds/parameterGroup:ParameterGroup': ({ name, arn }) => ({
    id: name,
    name,
    arn: arn('rds', `pg:${name}`),
  }),
  'aws:rds/subnetGroup:SubnetGroup': ({ name, arn }) => ({
    id: name,
    name,
    arn: arn('rds', `subgrp:${name}`),
  }),
  'aws:route53/record:Record': ({ digits, inputs }) => ({
    id: `${inputs.zoneId}_${digits}`,
    fqdn: inputs.name ?? '',
  }),
  'aws:s3/bucket:Bucket': ({ name, region }) => ({
    id: name,
    bucket: name,
    arn: `arn:aws:s3:::${name}`,
    bucketDomainName: `${name}.s3.amazonaws.com`,
    bucketRegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
  }),
  'aws:secretsmanager/secret:Secret': ({ name, digits, arn }) => {
    const made = arn('secretsmanager', `secret:${name}-${digits.slice(0, 6)}`);
    return { id: made, arn: made, name };
  },
  'aws:secretsmanager/secretVersion:SecretVersion': ({ digits, inputs }) => ({
    id: `${inputs.secretId}|${digits}`,
    arn: inputs.secretId ?? '',
    versionId: digits,
  }),
  'aws:sns/topic:Topic': ({ name, arn }) => {
    const made = arn('sns', name);
    return { id: made, arn: made, name };
  },
  'aws:sqs/queue:Queue': ({ name, arn, region }) => {
    const url = `https://sqs.${region}.amazonaws.com/${ACCOUNT}/${name}`;
    return { id: url, url, name, arn: arn('sqs', name) };
  },
};

/** Prefixes of EC2 ids: `vpc-0123…`. */
const EC2_PREFIXES: Record<string, string> = {
  Vpc: 'vpc',
  InternetGateway: 'igw',
  Subnet: 'subnet',
  RouteTable: 'rtb',
  Route: 'r',
  RouteTableAssociation: 'rtbassoc',
  SecurityGroup: 'sg',
  SecurityGroupIngressRule: 'sgr',
  SecurityGroupEgressRule: 'sgr',
  VpcEndpoint: 'vpce',
};

const numbered =
  (prefix: string, kind: string) =>
  ({ digits, arn }: Creation): PlainObject => ({
    id: `${prefix}-${digits}`,
    arn: arn('ec2', `${kind}/${prefix}-${digits}`),
  });

const ofIam =
  (kind: string) =>
  ({ name }: Creation): PlainObject => ({
    id: name,
    name,
    arn: `arn:aws:iam::${ACCOUNT}:${kind}/${name}`,
  });

/** Returns the function that computes the outputs of a resource type. */
export const outputsOf = (type: string) => KINDS[type] ?? ofEc2(type) ?? plain(type);

const ofEc2 = (type: string) => {
  const kind = type.split(':').at(-1) ?? '';
  const prefix =
    type.startsWith('aws:ec2/') || type.startsWith('aws:vpc/') ? EC2_PREFIXES[kind] : undefined;
  return prefix === undefined ? undefined : numbered(prefix, kind.toLowerCase());
};

/** Any other type has only an id; using another output leaves `undefined` in an input, which `strays` finds. */
const plain =
  (type: string) =>
  ({ digits }: Creation): PlainObject => ({
    id: `${type.split(':').at(-1)?.toLowerCase()}-${digits}`,
  });

import { output, runtime } from '@pulumi/pulumi';
import { vi } from 'vitest';

/** A resource as the program asked for it. */
interface Asked {
  /** `aws:s3/bucket:Bucket` */
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What the program made of a stack's options. */
export interface Deployed {
  resources: Asked[];
  outputs: Record<string, unknown>;
  /** Inputs of resources of a type (`s3/bucket`), by their names. */
  inputsOf(type: string): Record<string, Asked['inputs']>;
}

/** Runs the program in this process on a cloud that grants everything, with options as `pulumi config set` takes them. */
export async function deploy(
  artifacts: string,
  options: Record<string, string> = {},
): Promise<Deployed> {
  const resources: Asked[] = [];
  const { stackTraceLimit } = Error;
  // Pulumi notes where each resource was made: read through source maps, that takes longer than all the rest.
  Error.stackTraceLimit = 0;
  try {
    await runtime.setMocks(cloud(resources), 'portrait', 'test');
    runtime.setAllConfig({
      'aws:region': 'eu-central-1',
      'portrait:artifacts': artifacts,
      ...Object.fromEntries(
        Object.entries(options).map(([name, text]) => [`portrait:${name}`, text]),
      ),
    });
    vi.resetModules();
    const exported = await import('../../pulumi/index.ts');
    const outputs = await new Promise<Record<string, unknown>>((resolve) => {
      output({ ...exported }).apply(resolve);
    });
    await runtime.disconnect();
    return { resources, outputs, inputsOf: (type) => inputsOf(resources, type) };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A cloud that writes down what is asked, and grants it. */
const cloud = (resources: Asked[]): runtime.Mocks => ({
  newResource({ type, name, inputs, custom, id }) {
    if (custom !== false) resources.push({ type, name, inputs: bare(inputs) });
    return { id: id || `${name}-id`, state: { ...inputs, ...madeBy(type, name) } };
  },
  call: ({ token, inputs }) => answer(token, inputs),
});

/** Marks a value as secret on its way to the engine. */
const SECRET = '4dabf18193072939515e22adb298388d';

/** The inputs with secrets as what they are. */
function bare(inputs: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(inputs), (_key, value) =>
    value && Object.hasOwn(value, SECRET) ? value.value : value,
  );
}

const inputsOf = (resources: Asked[], type: string) =>
  Object.fromEntries(
    resources
      .filter((resource) => resource.type.startsWith(`aws:${type}:`))
      .map(({ name, inputs }) => [name, inputs]),
  );

const MADE: Record<string, Record<string, unknown>> = {
  'aws:apigatewayv2/api:Api': {
    apiEndpoint: 'https://gateway.execute-api.eu-central-1.amazonaws.com',
    executionArn: 'arn:aws:execute-api:eu-central-1:123456789012:gateway',
  },
  'aws:cloudfront/distribution:Distribution': {
    domainName: 'd111.cloudfront.net',
    hostedZoneId: 'Z2FDTNDATAQYW2',
  },
  'aws:ec2/launchTemplate:LaunchTemplate': { latestVersion: 7 },
  'aws:acm/certificate:Certificate': {
    domainValidationOptions: [
      { resourceRecordName: '_x.d', resourceRecordType: 'CNAME', resourceRecordValue: '_y.aws' },
    ],
  },
  'aws:rds/instance:Instance': {
    endpoint: 'database.rds.amazonaws.com:5432',
    identifier: 'database-id',
    masterUserSecrets: [
      { secretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:db' },
    ],
  },
  'aws:secretsmanager/secretVersion:SecretVersion': { versionId: 'v1' },
  'aws:sqs/queue:Queue': { url: 'https://sqs.eu-central-1.amazonaws.com/123456789012/queue' },
};

/** What AWS would have made up. */
function madeBy(type: string, name: string): Record<string, unknown> {
  const arn = `arn:aws:test:eu-central-1:123456789012:${name}`;
  return {
    ...{ arn, name, arnSuffix: name, dnsName: `${name}.internal`, fqdn: name },
    ...MADE[type],
    ...(type === 'aws:s3/bucket:Bucket' && {
      arn: `arn:aws:s3:::${name}-id`,
      bucket: `${name}-id`,
      bucketRegionalDomainName: `${name}-id.s3.eu-central-1.amazonaws.com`,
    }),
  };
}

/** What AWS answers, by the last word of the question. */
const ANSWERS: Record<string, Record<string, unknown>> = {
  getAvailabilityZones: { names: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'] },
  getCallerIdentity: { accountId: '123456789012' },
  getManagedPrefixList: { id: 'pl-cloudfront' },
  getParameter: { insecureValue: 'ami-arm64' },
  getRegion: { region: 'eu-central-1' },
};

function answer(token: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const { bucket } = inputs;
  if (bucket === 'missing') throw new Error("reading S3 Bucket (missing): couldn't find resource");
  if (bucket)
    return { bucket, arn: `arn:aws:s3:::${bucket}`, bucketRegionalDomainName: `${bucket}.s3` };
  const known = ANSWERS[token.replace(/.*:/, '')];
  if (!known) throw new RangeError(`Nobody knows what AWS answers to ${token}.`);
  return { ...inputs, ...known };
}

/** What a machine of the API does first, as it would read it. */
export const userDataOf = (deployed: Deployed) =>
  Buffer.from(String(deployed.inputsOf('ec2/launchTemplate').api?.userData), 'base64').toString();

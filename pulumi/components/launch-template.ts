import { LaunchTemplate } from '@pulumi/aws/ec2/launchTemplate.js';
import { getRegionOutput } from '@pulumi/aws/getRegion.js';
import { getParameterOutput } from '@pulumi/aws/ssm/getParameter.js';
import { getProject, getStack, type Input, output, type Resource } from '@pulumi/pulumi';
import { userData } from '../user-data.ts';
import { tags } from './provider.ts';
import type { StoredArtifact } from './release.ts';
import type { SecretSettings } from './secrets.ts';

/** Latest Amazon Linux 2023 for arm64: each deployment picks up its patches. */
const IMAGE = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';

export interface LaunchTemplateArgs {
  /** Such as t4g.small; arm64. */
  instanceType: string;
  /** Id of the security group. */
  securityGroup: Input<string>;
  /** ARN of the instance profile. */
  profileArn: Input<string>;
  /** The tarball of the API. */
  release: StoredArtifact;
  /** Environment of the API without its secrets. */
  environment: Record<string, Input<string>>;
  secrets: SecretSettings;
  logGroup: Input<string>;
}

/** Creates the launch template of the API; a new release, environment, secret or system image adds a version. */
export const createLaunchTemplate = (name: string, args: LaunchTemplateArgs, parent: Resource) =>
  new LaunchTemplate(
    name,
    {
      imageId: getParameterOutput({ name: IMAGE }, { parent }).insecureValue,
      instanceType: args.instanceType,
      iamInstanceProfile: { arn: args.profileArn },
      userData: encodedUserData(args, parent),
      // IMDSv2 with a hop limit of 1: SSRF through the API cannot obtain the credentials of the role.
      metadataOptions: {
        httpEndpoint: 'enabled',
        httpTokens: 'required',
        httpPutResponseHopLimit: 1,
      },
      // GiB: 3 for the system, 0.3 per release, 1.6 for 64 concurrent uploads of 25 MiB, the rest for logs.
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: {
            volumeType: 'gp3',
            volumeSize: 10,
            encrypted: 'true',
            deleteOnTermination: 'true',
          },
        },
      ],
      networkInterfaces: [
        {
          deviceIndex: 0,
          associatePublicIpAddress: 'true',
          securityGroups: [args.securityGroup],
          deleteOnTermination: 'true',
        },
      ],
      tagSpecifications: ['instance', 'volume', 'network-interface'].map((resourceType) => ({
        resourceType,
        tags: { ...tags(), Name: `${getProject()}-${getStack()}-api` },
      })),
      updateDefaultVersion: true,
    },
    { parent },
  );

function encodedUserData(args: LaunchTemplateArgs, parent: Resource) {
  const { release, environment, logGroup } = args;
  const { region } = getRegionOutput({}, { parent });
  const secrets = Object.entries(args.secrets).map(([name, { arn, versionId }]) => ({
    name,
    arn,
    versionId,
  }));
  return output({ region, release, environment, secrets, logGroup }).apply((values) =>
    Buffer.from(userData(values)).toString('base64'),
  );
}

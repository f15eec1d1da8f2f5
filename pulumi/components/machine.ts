import { LaunchTemplate } from '@pulumi/aws/ec2/launchTemplate.js';
import { getRegionOutput } from '@pulumi/aws/getRegion.js';
import { getParameterOutput } from '@pulumi/aws/ssm/getParameter.js';
import { getProject, getStack, type Input, output, type Resource } from '@pulumi/pulumi';
import { userData } from '../instance.ts';
import { tags } from './provider.ts';
import type { Stored } from './release.ts';
import type { SecretSettings } from './secrets.ts';

/** Amazon Linux 2023 for arm64, as it is today: each deployment brings its latest patches. */
const IMAGE = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';

export interface MachineArgs {
  /** Such as t4g.small; arm64. */
  instanceType: string;
  /** Security group. */
  door: Input<string>;
  /** ARN of the instance profile. */
  profileArn: Input<string>;
  /** The tarball of the API. */
  release: Stored;
  /** Settings of the API that are no secret. */
  settings: Record<string, Input<string>>;
  secrets: SecretSettings;
  logGroup: Input<string>;
}

/** What a machine of the API is made from; another release, setting or system image is another version of it. */
export const createTemplate = (name: string, args: MachineArgs, parent: Resource) =>
  new LaunchTemplate(
    name,
    {
      imageId: getParameterOutput({ name: IMAGE }, { parent }).insecureValue,
      instanceType: args.instanceType,
      iamInstanceProfile: { arn: args.profileArn },
      userData: encodedUserData(args, parent),
      // Version 2 of the metadata service and no hop further: a request smuggled through the API gets no credentials.
      metadataOptions: {
        httpEndpoint: 'enabled',
        httpTokens: 'required',
        httpPutResponseHopLimit: 1,
      },
      // GiB; the system takes 3, a release 0.3, 64 uploads of 25 MiB at once 1.6; the rest is for logs.
      blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { ...DISK, volumeSize: 10 } }],
      networkInterfaces: [
        {
          deviceIndex: 0,
          associatePublicIpAddress: 'true',
          securityGroups: [args.door],
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

const DISK = { volumeType: 'gp3', encrypted: 'true', deleteOnTermination: 'true' };

function encodedUserData({ release, settings, secrets, logGroup }: MachineArgs, parent: Resource) {
  const { region } = getRegionOutput({}, { parent });
  const named = Object.entries(secrets).map(([name, { arn, versionId }]) => ({
    name,
    arn,
    versionId,
  }));
  return output({ region, release, settings, secrets: named, logGroup }).apply((facts) =>
    Buffer.from(userData(facts)).toString('base64'),
  );
}

import { InstanceProfile } from '@pulumi/aws/iam/instanceProfile.js';
import { Role } from '@pulumi/aws/iam/role.js';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js';
import { type Input, interpolate, type Resource } from '@pulumi/pulumi';
import type { Release } from '../components/release.ts';
import { policy, type Statement, trust, writeLog } from './policy.ts';
import { apiRights, type PhotoBucket } from './statements.ts';

export interface MachineRoleArgs {
  photos: PhotoBucket;
  release: Release;
  /** ARN of the image API's one route. */
  routeArn: Input<string>;
  /** ARNs of what the machine may read in Secrets Manager. */
  secretArns: Input<string>[];
  logGroupArn: Input<string>;
}

/** A shell on the machine by Session Manager instead of SSH: no key, no open port, each one logged by AWS. */
const SESSION_MANAGER: Statement = {
  Sid: 'SessionManager',
  Action: [
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  // As AWS writes the smallest profile for it: four know no narrower resource, and the first is a machine's heartbeat.
  // The managed policy would also let all parameters of the account be read.
  Resource: '*',
};

/**
 * The role of the API's machines: what the API does, and what a machine needs to become one.
 *
 * @returns ARN of the instance profile that holds it
 */
export function createMachineRole(name: string, args: MachineRoleArgs, parent: Resource) {
  const { photos, release, routeArn, secretArns, logGroupArn } = args;
  const role = new Role(name, { assumeRolePolicy: trust('ec2.amazonaws.com') }, { parent });
  const rights = policy(
    ...apiRights(photos),
    { Sid: 'ProcessPhotos', Action: 'execute-api:Invoke', Resource: routeArn },
    { Sid: 'ReadSecrets', Action: 'secretsmanager:GetSecretValue', Resource: secretArns },
    {
      Sid: 'FetchRelease',
      Action: 's3:GetObject',
      Resource: interpolate`${release.bucketArn}/api/*`,
    },
    writeLog(logGroupArn, 'logs:DescribeLogStreams'),
    SESSION_MANAGER,
  );
  const allowed = new RolePolicy(name, { role: role.id, policy: rights }, { parent });
  // A machine must not start before it may do its work.
  return new InstanceProfile(name, { role: role.name }, { parent, dependsOn: [allowed] }).arn;
}

import { InstanceProfile } from '@pulumi/aws/iam/instanceProfile.js';
import { Role } from '@pulumi/aws/iam/role.js';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js';
import { type Input, interpolate, type Resource } from '@pulumi/pulumi';
import type { Release } from '../components/release.ts';
import { policy, type Statement, trustPolicy, writeLog } from './policy.ts';
import { apiStatements, type PhotoBucket } from './statements.ts';

export interface InstanceRoleArgs {
  photos: PhotoBucket;
  release: Release;
  /** ARN of the only route of the image API. */
  routeArn: Input<string>;
  /** ARNs of the readable secrets. */
  secretArns: Input<string>[];
  logGroupArn: Input<string>;
}

/** A shell on an instance through Session Manager instead of SSH: no key, no open port, and AWS logs every session. */
const SESSION_MANAGER: Statement = {
  Sid: 'SessionManager',
  Action: [
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  // The minimal profile that AWS documents: four actions accept no narrower resource, and the first is the heartbeat.
  // The managed policy would also allow reading every parameter of the account.
  Resource: '*',
};

/**
 * Creates the role of the API's instances: the permissions of the API, and those to install and log.
 *
 * @returns ARN of its instance profile
 */
export function createInstanceRole(name: string, args: InstanceRoleArgs, parent: Resource) {
  const { photos, release, routeArn, secretArns, logGroupArn } = args;
  const role = new Role(name, { assumeRolePolicy: trustPolicy('ec2.amazonaws.com') }, { parent });
  const document = policy(
    ...apiStatements(photos),
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
  const rolePolicy = new RolePolicy(name, { role: role.id, policy: document }, { parent });
  // Instances must not start before the role has its permissions.
  return new InstanceProfile(name, { role: role.name }, { parent, dependsOn: [rolePolicy] }).arn;
}

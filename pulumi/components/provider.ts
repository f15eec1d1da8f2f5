import { getCallerIdentity } from '@pulumi/aws/getCallerIdentity.js';
import { Provider } from '@pulumi/aws/provider.js';
import { Config, getProject, getStack, type InvokeOptions, RunError } from '@pulumi/pulumi';

/** Tags of every resource, to tell stacks apart in bills and lists. */
export const tags = () => ({ Application: getProject(), Stack: getStack() });

/**
 * Creates the only AWS provider from the `aws:…` config of the stack, with default tags.
 *
 * @throws RunError if the stack name or the region is invalid
 */
export function createProvider(): Provider {
  // The stack name becomes part of resource names, which allow no other characters.
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(getStack())) {
    throw new RunError(
      `A stack name must consist of lowercase letters, digits and hyphens, not "${getStack()}".`,
    );
  }
  const aws = new Config('aws');
  const profile = aws.get('profile');
  const allowedAccountIds = aws.getObject<string[]>('allowedAccountIds');
  const assumeRoles = aws.getObject<{ roleArn: string }[]>('assumeRoles');
  return new Provider('aws', {
    region: readRegion(aws),
    ...(profile && { profile }),
    ...(allowedAccountIds && { allowedAccountIds }),
    ...(assumeRoles && { assumeRoles }),
    defaultTags: { tags: tags() },
  });
}

/** An invalid region would only time out in the AWS SDK. */
function readRegion(aws: Config): string {
  const region = aws.require('region');
  if (/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) return region;
  throw new RunError(`aws:region must be an AWS region such as eu-central-1, not "${region}".`);
}

/**
 * Checks the AWS credentials before any resource is created, so that they fail once instead of in every call.
 *
 * @throws RunError if AWS rejects the credentials
 */
export async function checkCredentials(options: InvokeOptions): Promise<void> {
  try {
    await getCallerIdentity({}, options);
  } catch (error) {
    throw new RunError(
      `AWS rejected the credentials. Sign in (aws sso login) and run the command again. ${firstLineOf(error)}`,
    );
  }
}

/** The error message of AWS, without the lines that Pulumi appends. */
export const firstLineOf = (error: unknown) =>
  String(error instanceof Error ? error.message : error).replace(/\n.*/s, '');

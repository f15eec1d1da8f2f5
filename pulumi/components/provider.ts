import { getCallerIdentity } from '@pulumi/aws/getCallerIdentity.js';
import { Provider } from '@pulumi/aws/provider.js';
import { Config, getProject, getStack, type InvokeOptions, RunError } from '@pulumi/pulumi';

/** On everything that is made, so that bills and lists can be told apart. */
export const tags = () => ({ Application: getProject(), Stack: getStack() });

/** The account and region that everything is made in, as `aws:…` says, with our tags on all of it. */
export function openPlace(): Provider {
  // It becomes part of names that take nothing else.
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(getStack())) {
    throw new RunError(
      `A stack is named in small letters, digits and hyphens, not "${getStack()}".`,
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

/** @throws one line when it is no region; AWS would look for it until it gives up */
function readRegion(aws: Config): string {
  const region = aws.require('region');
  if (/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) return region;
  throw new RunError(`aws:region must be a region of AWS such as eu-central-1, not "${region}".`);
}

/**
 * Asks AWS who we are, before anything is made: else each question of the program would fail by itself.
 *
 * @throws one line when AWS does not let us in
 */
export async function signIn(at: InvokeOptions): Promise<void> {
  try {
    await getCallerIdentity({}, at);
  } catch (error) {
    throw new RunError(
      `AWS does not let us in; sign in (aws sso login), then the same command. ${reasonOf(error)}`,
    );
  }
}

/** What AWS said, without what Pulumi adds to it. */
export const reasonOf = (error: unknown) =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';

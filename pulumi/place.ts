import { Provider } from '@pulumi/aws/provider.js';
import { Config, getProject, getStack, RunError } from '@pulumi/pulumi';

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
    region: aws.require('region'),
    ...(profile && { profile }),
    ...(allowedAccountIds && { allowedAccountIds }),
    ...(assumeRoles && { assumeRoles }),
    defaultTags: { tags: tags() },
  });
}

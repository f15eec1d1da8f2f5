/** What a bucket is opened with. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that expire, as all of Lambda's do. */
  sessionToken?: string;
}

/**
 * Lambda gives them to each process in the environment, and so does who else starts one.
 *
 * @throws when there are none
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function readCredentials(env: NodeJS.ProcessEnv): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const { AWS_SESSION_TOKEN: sessionToken } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new Error(
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: without them no bucket can be opened.',
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

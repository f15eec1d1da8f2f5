import { serveAws } from './aws.ts';

export const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-portrait';

interface Answer {
  status?: number;
  body: object;
}

/** Where Secrets Manager is, for everybody in this process until the test ends; it keeps one secret. */
export async function openSecretsManager(content: string) {
  const manager = {
    content,
    /** Answered instead of the secret. */
    override: undefined as Answer | undefined,
    /** What was asked for so far. */
    requestedIds: [] as string[],
  };
  await serveAws('SECRETS_MANAGER', async (request, response) => {
    const chunks = await request.toArray();
    manager.requestedIds.push(JSON.parse(Buffer.concat(chunks).toString()).SecretId);
    const secret = { ARN: SECRET_ARN, SecretString: manager.content };
    const { status = 200, body } = manager.override ?? { body: secret };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body));
  });
  return manager;
}

import { serveAws } from './aws.ts';

export const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-portrait';

interface Answer {
  status?: number;
  body: object;
}

/** Serves a Secrets Manager with one secret until the test ends. */
export async function openSecretsManager(content: string) {
  const manager = {
    content,
    /** Response sent instead of the secret. */
    override: undefined as Answer | undefined,
    /** Ids requested so far. */
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

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';

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
    refusal: undefined as Answer | undefined,
    /** What was asked for so far. */
    asked: [] as string[],
  };
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    manager.asked.push(JSON.parse(Buffer.concat(chunks).toString()).SecretId);
    const secret = { ARN: SECRET_ARN, SecretString: manager.content };
    const { status = 200, body } = manager.refusal ?? { body: secret };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'of');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'tests');
  return manager;
}

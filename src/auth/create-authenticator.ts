import type { Pool } from 'pg';
import type { AppConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Authenticator } from './authenticator.ts';
import { createLocalAuthenticator } from './jwt.ts';
import { createOidcAuthenticator } from './oidc/authenticator.ts';

/** Verifies tokens of the OpenID provider when one is configured, else our own. */
export function createAuthenticator(
  { identityProvider, jwtSecret, jwtSecretOther }: AppConfig,
  pool: Pool,
  database: Database,
): Authenticator {
  if (identityProvider) return createOidcAuthenticator(identityProvider, { pool, database });
  if (jwtSecret) return createLocalAuthenticator(pool, jwtSecret, jwtSecretOther);
  throw new Error('Set JWT_SECRET, or AUTH_ISSUER and AUTH_AUDIENCE.');
}

/** Explains in one sentence why the database is unreachable at start, with setting and host, never the password. */
import pg from 'pg';
import type { ConnectionConfig } from './connection-config.ts';

/** The start fails when the database does not respond within this time. */
const TIMEOUT_MS = 5_000;

/** Reasons by error code: of the system, TLS or PostgreSQL (SQLSTATE). */
const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the host',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'the host is unknown',
  EAI_AGAIN: 'the host is unknown, or its name cannot be resolved at the moment',
  ETIMEDOUT: 'it does not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is from an unknown authority',
  '28P01': 'the user or the password is wrong',
  '3D000': 'the database does not exist',
  '53300': 'it has no connection left',
  '57P03': 'it is starting or stopping',
};

/** Reasons by message, for errors without a specific code. */
const MESSAGES: readonly [pattern: RegExp, reason: string][] = [
  [/no encryption/, 'it takes connections over TLS only; add ?sslmode=verify-full'],
  [/no pg_hba\.conf entry/, 'it does not let this user or this address in (pg_hba.conf)'],
  [/does not support SSL/, 'it does not speak TLS, which sslmode demands'],
  [/password must be a string/, 'it wants a password'],
  [/timeout|timed out/i, 'it does not answer'],
  [/establishing an SSL connection/, 'it does not speak TLS as PostgreSQL does'],
  [
    /Connection terminated|server response message/i,
    'what answers there is not PostgreSQL, or closes the connection',
  ],
];

/** @throws Error with one sentence when the database cannot be reached */
export async function reachDatabase(connectionConfig: ConnectionConfig): Promise<void> {
  try {
    await connect(connectionConfig).catch((error) => {
      if (!connectionConfig.mayRetry(error)) throw error;
      return connect(connectionConfig);
    });
  } catch (cause) {
    const reason = reasonOf(cause);
    if (!reason) throw cause;
    throw new Error(
      `Cannot use the database ${describeTarget(connectionConfig)} (DATABASE_URL): ${reason}.`,
      {
        cause,
      },
    );
  }
}

async function connect({ client: config }: ConnectionConfig) {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: TIMEOUT_MS });
  client.on('error', () => {});
  await client.connect();
  await client.end();
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const byWords = MESSAGES.find(([words]) => words.test(error.message))?.[1];
  return byWords ?? REASONS['code' in error ? String(error.code) : ''];
}

/** `portrait at db.example.org:5432, as user api`. */
const describeTarget = ({ client: { database, host, port, user } }: ConnectionConfig) =>
  `${database ?? user} at ${host ?? 'localhost'}:${port ?? 5432}, as user ${user}`;

import { overloaded, PublicError } from '../errors.ts';

/** Message of pg-pool 3.14: every connection of the pool was in use for CONNECT_TIMEOUT_MS. */
const NO_FREE_CONNECTION = 'timeout exceeded when trying to connect';
/** `query_canceled`: the statement ran for STATEMENT_TIMEOUT_MS. */
const CANCELED = '57014';

/**
 * Codes of an unavailable database: network errors, SQLSTATE class 08 except protocol violations (08P01, which are our
 * fault), too_many_connections, admin_shutdown, crash_shutdown, and cannot_connect_now (it is starting or stopping).
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE =
  /^(0800[01346]|53300|57P0[123]|ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** Errors without a code, of pg 8.23 and `watchConnections`: a connection was lost or never established. */
const CONNECTION_LOST =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|PostgreSQL does not answer|timeout expired)/;

/** An embedded PostgreSQL restarts faster, a failover to another zone takes longer. */
const RETRY_AFTER_S = 5;

/**
 * The client's error when the database is temporarily overloaded or unavailable.
 *
 * @returns undefined for every other error
 */
export function toUnavailableError(error: unknown): PublicError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (error.message === NO_FREE_CONNECTION || code === CANCELED) return overloaded(error);
  // The socket file of an embedded PostgreSQL that is not running.
  const hasNoSocket = code === 'ENOENT' && 'syscall' in error && error.syscall === 'connect';
  if (!hasNoSocket && !UNAVAILABLE.test(code) && !CONNECTION_LOST.test(error.message))
    return undefined;
  return new PublicError(
    'SERVICE_UNAVAILABLE',
    `The service is temporarily unavailable. Try again in ${RETRY_AFTER_S} seconds.`,
    { retryAfter: RETRY_AFTER_S, cause: error },
  );
}

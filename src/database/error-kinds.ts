import { overloaded, PublicError } from '../errors.ts';

/** Message of pg-pool 3.14: every connection of the pool was in use for CONNECT_TIMEOUT_MS. */
const NO_FREE_CONNECTION = 'timeout exceeded when trying to connect';
/** `query_canceled`: the statement ran for STATEMENT_TIMEOUT_MS. */
const CANCELED = '57014';

/**
 * Codes of an unavailable database: SQLSTATE class 08 except protocol violations, which are our fault (08P01), too_many_connections, admin_shutdown, crash_shutdown,
 * cannot_connect_now (it is starting or stopping); and of the network on the way to it.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const AWAY =
  /^(0800[01346]|53300|57P0[123]|ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** Errors of pg 8.23 and of `watchConnections` that have no code: a connection was lost, or never made. */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|PostgreSQL does not answer|timeout expired)/;

/** s; an embedded PostgreSQL restarts faster, a failover to another zone takes longer. */
const RETRY_AFTER_S = 5;

/**
 * The client's error when the database is temporarily overloaded or unavailable.
 *
 * @returns undefined for every other error
 */
export function databaseTrouble(error: unknown): PublicError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (error.message === NO_FREE_CONNECTION || code === CANCELED) return overloaded(error);
  // The socket file of an embedded PostgreSQL that is not running.
  const hasNoSocket = code === 'ENOENT' && 'syscall' in error && error.syscall === 'connect';
  if (!hasNoSocket && !AWAY.test(code) && !LOST.test(error.message)) return undefined;
  return new PublicError(
    'SERVICE_UNAVAILABLE',
    `The service is temporarily unavailable. Try again in ${RETRY_AFTER_S} seconds.`,
    { retryAfter: RETRY_AFTER_S, cause: error },
  );
}

import type { Authenticator } from '../../auth/authenticator.ts';
import { identify } from '../identify-sender.ts';
import { CLOSE, type Connection } from './connection.ts';
import { readAuthorization } from './credentials.ts';
import { SOCKETS, type Sockets } from './sockets.ts';

/** From the opening of a WebSocket to a valid token. */
const TOKEN_TIMEOUT_MS = 5_000;

export const SEND_TOKEN =
  'Send {"authorization": "Bearer <token>"} as the payload of connection_init.';

/** A connection and its user's authorization. */
export interface Session extends Connection {
  authorization: string | undefined;
  /** Closes the connection after TOKEN_TIMEOUT_MS, unless `cancelTokenTimeout` is called first. */
  startTokenTimeout(): void;
  cancelTokenTimeout(): void;
}

/** Opens an anonymous session: it is closed unless its user authenticates in time. */
export function openSession(connection: Connection): Session {
  let timer: NodeJS.Timeout | undefined;
  const cancelTokenTimeout = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const startTokenTimeout = () => {
    timer ??= setTimeout(connection.close, TOKEN_TIMEOUT_MS, CLOSE.unauthorized, SEND_TOKEN);
  };
  connection.closed.addEventListener('abort', cancelTokenTimeout, { once: true });
  startTokenTimeout();
  return { ...connection, authorization: undefined, startTokenTimeout, cancelTokenTimeout };
}

/** Authenticates a session by its token. An invalid one is reported with each operation until the session is closed. */
export async function authenticate(
  session: Session,
  params: unknown,
  { authenticator, sockets }: { authenticator: Authenticator; sockets: Sockets },
) {
  session.authorization = readAuthorization(params, session.request.headers);
  try {
    const { viewer } = await identify(authenticator, session.authorization);
    if (!viewer || session.closed.aborted) return;
    const release = sockets.addUser(viewer.id);
    if (!release) {
      const reason = `At most ${SOCKETS.perUser} WebSockets are accepted from one user. Close others first.`;
      return session.close(CLOSE.tooMany, reason);
    }
    session.closed.addEventListener('abort', release, { once: true });
    session.limitBy(sockets.rateOf(viewer.id));
    session.cancelTokenTimeout();
  } catch (error) {
    session.request.log.error({ err: error }, 'The user of a WebSocket could not be identified.');
    session.close(CLOSE.tryAgainLater, 'Try again in a few seconds.');
  }
}

import type { Authenticator } from '../../auth/authenticator.ts';
import { identify } from '../identify-sender.ts';
import { CLOSE, type Connection } from './connection.ts';
import { readAuthorization } from './credentials.ts';
import { SOCKETS, type Sockets } from './sockets.ts';

/** ms from the opening of a WebSocket to a valid token. */
const TOKEN_TIMEOUT_MS = 5_000;

export const SEND_TOKEN =
  'Send {"authorization": "Bearer <token>"} as the payload of connection_init.';

/** A connection and its user's authorization. */
export interface Session extends Connection {
  authorization: string | undefined;
  /** Closes the connection after TOKEN_TIMEOUT_MS unless its user is authenticated. */
  awaitToken(): void;
  hasToken(): void;
}

/** Opens an anonymous session: it is closed unless its user authenticates in time. */
export function openSession(connection: Connection): Session {
  let timer: NodeJS.Timeout | undefined;
  const hasToken = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const awaitToken = () => {
    timer ??= setTimeout(connection.close, TOKEN_TIMEOUT_MS, CLOSE.unauthorized, SEND_TOKEN);
  };
  connection.gone.addEventListener('abort', hasToken, { once: true });
  awaitToken();
  return { ...connection, authorization: undefined, awaitToken, hasToken };
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
    if (!viewer || session.gone.aborted) return;
    const release = sockets.addUser(viewer.id);
    if (!release) {
      const reason = `At most ${SOCKETS.perUser} WebSockets are accepted from one user. Close others first.`;
      return session.close(CLOSE.tooMany, reason);
    }
    session.gone.addEventListener('abort', release, { once: true });
    session.limitBy(sockets.rateOf(viewer.id));
    session.hasToken();
  } catch (error) {
    session.request.log.error({ err: error }, 'The user of a WebSocket could not be identified.');
    session.close(CLOSE.tryAgainLater, 'Try again in a few seconds.');
  }
}

import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';

/** Sends subscriptions over one WebSocket, which is open while there are any and reconnects when it breaks. */
export const createWebSocketLink = (url: string, token: () => string | undefined) =>
  new GraphQLWsLink(
    createClient({
      url,
      connectionParams: () => ({ authorization: `Bearer ${token()}` }),
      shouldRetry: () => true,
      retryAttempts: Number.POSITIVE_INFINITY,
      // Every subscription starts with the current state, so a reconnect misses nothing.
      retryWait: (tries) =>
        new Promise((resolve) => setTimeout(resolve, Math.min(500 * tries, 5000))),
    }),
  );

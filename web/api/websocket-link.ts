import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';

/** Subscriptions over one WebSocket, opened while somebody listens and again whenever it breaks. */
export const openLive = (url: string, token: () => string | undefined) =>
  new GraphQLWsLink(
    createClient({
      url,
      connectionParams: () => ({ authorization: `Bearer ${token()}` }),
      shouldRetry: () => true,
      retryAttempts: Number.POSITIVE_INFINITY,
      // The current state comes first with every subscription: nothing is missed by asking again.
      retryWait: (tries) =>
        new Promise((resolve) => setTimeout(resolve, Math.min(500 * tries, 5000))),
    }),
  );

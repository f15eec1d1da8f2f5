import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { relayStylePagination } from '@apollo/client/utilities';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { from, mergeMap } from 'rxjs';
import type { WebAppConfig } from '../../contract/web-app.ts';
import { failureOf } from './failure.ts';
import { fetchWithProgress } from './request.ts';

interface Options {
  config: WebAppConfig;
  token: () => string | undefined;
  /** Called when the API rejects the token. */
  onTokenRejected: () => void;
}

/** Creates an Apollo Client that sends files as multipart, subscriptions over WebSocket, and the token with every request. */
export function createClient({ config, token, onTokenRejected }: Options) {
  const http = new UploadHttpLink({
    uri: config.graphql,
    headers: PREFLIGHT,
    fetch: fetchWithProgress,
  });
  const authorize = new SetContextLink(({ headers }) => {
    const bearer = token();
    return { headers: bearer ? { ...headers, authorization: `Bearer ${bearer}` } : headers };
  });
  const rejected = new ErrorLink(({ error }) => {
    if (token() && failureOf(error).code === 'UNAUTHENTICATED') onTokenRejected();
  });

  return new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { users: relayStylePagination(['filter', 'order']) } } },
    }),
    link: ApolloLink.from([
      rejected,
      ApolloLink.split(
        ({ operationType }) => operationType === 'subscription',
        webSocketLink(config, token),
        authorize.concat(http),
      ),
    ]),
    assumeImmutableResults: true,
  });
}

/** The API accepts multipart requests only with this header, which forces a CORS preflight (CSRF prevention). */
const PREFLIGHT = { 'apollo-require-preflight': 'true' };

/** Loads the WebSocket client with the first subscription: most sessions need none. */
function webSocketLink({ subscriptions }: WebAppConfig, token: Options['token']) {
  const url = new URL(subscriptions, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const loaded = () =>
    import('./websocket-link.ts').then(({ createWebSocketLink }) =>
      createWebSocketLink(url.href, token),
    );
  let link: Promise<ApolloLink> | undefined;
  return new ApolloLink((operation, forward) => {
    link ??= loaded();
    return from(link).pipe(mergeMap((loadedLink) => loadedLink.request(operation, forward)));
  });
}

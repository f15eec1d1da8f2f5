import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { relayStylePagination } from '@apollo/client/utilities';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { from, mergeMap } from 'rxjs';
import type { PageConfig } from '../config.ts';
import { failureOf } from './failure.ts';
import { fetchWatched } from './request.ts';

interface Options {
  config: PageConfig;
  token: () => string | undefined;
  /** The API did not take the token (any more). */
  onRefused: () => void;
}

/** Apollo Client for this API: files by multipart, subscriptions by WebSocket, the token with every request. */
export function createClient({ config, token, onRefused }: Options) {
  const http = new UploadHttpLink({ uri: config.graphql, headers: PREFLIGHT, fetch: fetchWatched });
  const authorize = new SetContextLink(({ headers }) => {
    const bearer = token();
    return { headers: bearer ? { ...headers, authorization: `Bearer ${bearer}` } : headers };
  });
  const refused = new ErrorLink(({ error }) => {
    if (token() && failureOf(error).code === 'UNAUTHENTICATED') onRefused();
  });

  return new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { users: relayStylePagination(['filter', 'order']) } } },
    }),
    link: ApolloLink.from([
      refused,
      ApolloLink.split(
        ({ operationType }) => operationType === 'subscription',
        liveLink(config, token),
        authorize.concat(http),
      ),
    ]),
    assumeImmutableResults: true,
  });
}

/** The API reads a form only from a page that could ask first. */
const PREFLIGHT = { 'apollo-require-preflight': 'true' };

/** Loaded with the first subscription: most visits need none. */
function liveLink({ subscriptions }: PageConfig, token: Options['token']) {
  const url = new URL(subscriptions, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const loaded = () =>
    import('./websocket-link.ts').then(({ openLive }) => openLive(url.href, token));
  let link: Promise<ApolloLink> | undefined;
  return new ApolloLink((operation, forward) => {
    link ??= loaded();
    return from(link).pipe(mergeMap((live) => live.request(operation, forward)));
  });
}

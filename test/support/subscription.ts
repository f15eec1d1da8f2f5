import { type Client, createClient } from 'graphql-ws';
import type { Product } from './product.ts';

/** A WebSocket client for subscriptions, as one user or anonymous. */
export const subscriptionClient = ({ url }: Pick<Product, 'url'>, token?: string): Client =>
  createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    retryAttempts: 0,
    ...(token && { connectionParams: { authorization: `Bearer ${token}` } }),
  });

const FOLLOW =
  'subscription ($id: ID!) { photo(id: $id) { id status url(size: 100) failure { code } } }';

export interface PhotoUpdate {
  status: string;
  url: string | null;
  failure: { code: string } | null;
}

/** Subscribes to a photo until the subscription completes. @param received filled while it runs */
export async function followPhoto(client: Client, id: string, received: PhotoUpdate[] = []) {
  const codes: unknown[] = [];
  for await (const { data, errors } of client.iterate({ query: FOLLOW, variables: { id } })) {
    if (errors) codes.push(...errors.map(({ extensions }) => extensions?.code));
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the query's
    if ((data as any)?.photo) received.push((data as any).photo);
  }
  return { received, codes, states: received.map(({ status }) => status) };
}

/** Omits PROCESSING, which a subscription only sends if it lasts longer than a query. */
export const withoutProcessing = (states: string[]) =>
  states.filter((state) => state !== 'PROCESSING');

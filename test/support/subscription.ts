import { type Client, createClient } from 'graphql-ws';
import type { Product } from './product.ts';

/** A connection for subscriptions, as one person or as nobody. */
export const subscriptionClient = ({ url }: Pick<Product, 'url'>, token?: string): Client =>
  createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    retryAttempts: 0,
    ...(token && { connectionParams: { authorization: `Bearer ${token}` } }),
  });

const FOLLOW =
  'subscription ($id: ID!) { photo(id: $id) { id status url(size: 100) failure { code } } }';

/** Everything that is heard of a photo, until the subscription ends. */
export async function followPhoto(client: Client, id: string) {
  const received: { status: string; url: string | null; failure: { code: string } | null }[] = [];
  const codes: unknown[] = [];
  for await (const { data, errors } of client.iterate({ query: FOLLOW, variables: { id } })) {
    if (errors) codes.push(...errors.map(({ extensions }) => extensions?.code));
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the query's
    if ((data as any)?.photo) received.push((data as any).photo);
  }
  return { received, codes, states: received.map(({ status }) => status) };
}

/** Without PROCESSING, which a subscription shows only when it lasts longer than a query. */
export const withoutProcessing = (states: string[]) =>
  states.filter((state) => state !== 'PROCESSING');

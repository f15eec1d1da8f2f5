import { type Client, createClient } from 'graphql-ws';
import type { Product } from './product.ts';

/** A connection for subscriptions, as one person or as nobody. */
export const openSocket = ({ url }: Pick<Product, 'url'>, token?: string): Client =>
  createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    retryAttempts: 0,
    ...(token && { connectionParams: { authorization: `Bearer ${token}` } }),
  });

const FOLLOW =
  'subscription ($id: ID!) { photo(id: $id) { id status url(size: 100) failure { code } } }';

/** Everything that is heard of a photo, until the subscription ends. */
export async function follow(client: Client, id: string) {
  const heard: { status: string; url: string | null; failure: { code: string } | null }[] = [];
  const codes: unknown[] = [];
  for await (const { data, errors } of client.iterate({ query: FOLLOW, variables: { id } })) {
    if (errors) codes.push(...errors.map(({ extensions }) => extensions?.code));
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the query's
    if ((data as any)?.photo) heard.push((data as any).photo);
  }
  return { heard, codes, states: heard.map(({ status }) => status) };
}

/** Without PROCESSING, which a subscription shows only when it lasts longer than a query. */
export const lasting = (states: string[]) => states.filter((state) => state !== 'PROCESSING');

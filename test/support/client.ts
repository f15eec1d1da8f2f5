import { randomUUID } from 'node:crypto';
import { ADMIN, type Product } from './product.ts';

/** Where it is reached, in this process or another. */
type Address = Pick<Product, 'url'>;

interface Failure {
  message: string;
  path?: string[];
  extensions: { code: string; retryable: boolean; [fact: string]: unknown };
}

export interface GraphqlAnswer<Data> {
  status: number;
  data: Data | null;
  errors: Failure[];
}

export type Variables = Record<string, unknown>;

/** Speaks GraphQL to the product, as one person or as nobody. */
export interface Client {
  /** The answer as it is, errors included. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for
  send<Data = any>(query: string, variables?: Variables): Promise<GraphqlAnswer<Data>>;
  /** The data; throws when there are errors. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for
  query<Data = any>(query: string, variables?: Variables): Promise<Data>;
  /** Sends a file after the multipart request specification, as the variable `file`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for
  upload<Data = any>(
    query: string,
    file: Uint8Array<ArrayBuffer>,
    variables?: Variables,
  ): Promise<GraphqlAnswer<Data>>;
}

export interface Person extends Client {
  id: string;
  profileId: string;
  username: string;
  email: string;
  password: string;
  token: string;
}

export function graphqlClient({ url }: Address, token?: string): Client {
  const authorization = token ? { authorization: `Bearer ${token}` } : undefined;
  const post = async (headers: Record<string, string>, body: string | FormData) => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...headers, ...authorization },
      body,
    });
    return { data: null, errors: [], ...JSON.parse(await answer.text()), status: answer.status };
  };
  const send = (query: string, variables: Variables = {}) =>
    post({ 'content-type': 'application/json' }, JSON.stringify({ query, variables }));

  return {
    send,
    async query(query, variables) {
      const { data, errors } = await send(query, variables);
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
      return data;
    },
    upload(query, file, variables = {}) {
      const form = new FormData();
      form.append('operations', JSON.stringify({ query, variables: { ...variables, file: null } }));
      form.append('map', JSON.stringify({ 0: ['variables.file'] }));
      form.append('0', new Blob([file]), 'photo');
      return post({ 'apollo-require-preflight': 'true' }, form);
    },
  };
}

/** Makes somebody new and signs them in. */
export async function signUp(
  product: Address,
  wishes: { username?: string; firstName?: string; lastName?: string } = {},
): Promise<Person> {
  const username = wishes.username ?? `u${randomUUID().slice(0, 13)}`;
  const account = {
    ...wishes,
    username,
    email: `${username}@example.org`,
    password: `password of ${username}`,
  };
  const { createUser } = await graphqlClient(product).query(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id profile { id } } }',
    { input: account },
  );
  const token = await signIn(product, account);
  return {
    ...account,
    id: createUser.id,
    profileId: createUser.profile.id,
    token,
    ...graphqlClient(product, token),
  };
}

/** The first admin, who is there from the start. */
export async function signInAdmin(product: Address): Promise<Person> {
  const token = await signIn(product, ADMIN);
  const client = graphqlClient(product, token);
  const { me } = await client.query('{ me { id username profile { id } } }');
  return { ...ADMIN, ...client, token, id: me.id, username: me.username, profileId: me.profile.id };
}

/** @returns the token */
export async function signIn(
  product: Address,
  { email, password }: { email: string; password: string },
  client = graphqlClient(product),
) {
  const { signIn: session } = await client.query(
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }',
    { email, password },
  );
  return session.token as string;
}

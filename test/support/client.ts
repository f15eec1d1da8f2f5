import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ADMIN, type Product } from './product.ts';

/** Where the API listens, in this process or another. */
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

/** Sends GraphQL requests to the product, as one user or anonymously. */
export interface Client {
  /** Resolves with the response, errors included. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they selected
  send<Data = any>(query: string, variables?: Variables): Promise<GraphqlAnswer<Data>>;
  /** Resolves with the data; throws if there are errors. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they selected
  query<Data = any>(query: string, variables?: Variables): Promise<Data>;
  /** Sends a file as the variable `file` (GraphQL multipart request specification). */
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they selected
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

/** Codes of a product that sheds load or waits for a busy part, as it may on a busy machine. */
const BUSY = ['OVERLOADED', 'SERVICE_UNAVAILABLE', 'PROCESSING_UNAVAILABLE'];

/** Repeats a request that must succeed while a busy product rejects it: nothing was changed by then. */
export async function untilAdmitted<Answer extends { errors: { extensions: { code?: string } }[] }>(
  request: () => Promise<Answer>,
): Promise<Answer> {
  let answer = await request();
  for (let retry = 0; retry < 10; retry++) {
    if (!answer.errors.some(({ extensions }) => BUSY.includes(extensions.code ?? ''))) break;
    await delay(1_000);
    answer = await request();
  }
  return answer;
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
      const { data, errors } = await untilAdmitted(() => send(query, variables));
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

/** Creates an account and signs in. */
export async function signUp(
  product: Address,
  account: { username?: string; firstName?: string; lastName?: string } = {},
): Promise<Person> {
  const username = account.username ?? `u${randomUUID().slice(0, 13)}`;
  const created = {
    ...account,
    username,
    email: `${username}@example.org`,
    password: `password of ${username}`,
  };
  const { createUser } = await graphqlClient(product).query(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id profile { id } } }',
    { input: created },
  );
  const token = await signIn(product, created);
  return {
    ...created,
    id: createUser.id,
    profileId: createUser.profile.id,
    token,
    ...graphqlClient(product, token),
  };
}

/** Signs in the first admin, which every product has. */
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

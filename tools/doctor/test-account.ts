import { randomBytes } from 'node:crypto';
import { type Api, ApiError, openApi } from './graphql.ts';
import { CheckFailed } from './report.ts';

/** Credentials for deployments with closed sign-up. */
export interface Credentials {
  /** Of an admin. */
  email?: string | undefined;
  password?: string | undefined;
  /** Access token of a user without a photo, for deployments with an outside identity provider. */
  token?: string | undefined;
}

/** Account that the doctor uploads test photos to. */
export interface TestAccount {
  fact: string;
  api: Api;
  /** Deletes everything that the doctor has created. @returns what was deleted */
  cleanUp(): Promise<string>;
}

const ADVICE =
  'Set DOCTOR_EMAIL and DOCTOR_PASSWORD of an admin, or DOCTOR_TOKEN of a user without a photo.';

/** Creates a temporary user, as an admin if there are credentials of one; with a token, uses its user. */
export async function openTestAccount(url: string, credentials: Credentials): Promise<TestAccount> {
  if (credentials.token !== undefined) return useAccount(openApi(url, credentials.token));
  try {
    return await createAccount(url, credentials);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new CheckFailed(`cannot create a user: ${error.message}`, ADVICE);
  }
}

async function createAccount(url: string, { email, password }: Credentials): Promise<TestAccount> {
  const token = email && password ? await signIn(url, { email, password }) : undefined;
  const username = `doctor-${randomBytes(6).toString('hex')}`;
  const account = {
    username,
    email: `${username}@example.org`,
    password: randomBytes(18).toString('base64url'),
  };
  const { createUser } = await openApi(url, token).query<{ createUser: { id: string } }>(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    { input: account },
  );
  const api = openApi(url, await signIn(url, account));
  return {
    fact: `created ${username}`,
    api,
    async cleanUp() {
      await api.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: createUser.id });
      return `deleted ${username} and its photos`;
    },
  };
}

async function signIn(url: string, account: { email: string; password: string }) {
  const { signIn: session } = await openApi(url).query<{ signIn: { token: string } }>(
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }',
    { email: account.email, password: account.password },
  );
  return session.token;
}

interface Me {
  me: { username: string; profile: { photo: object | null } | null } | null;
}

async function useAccount(api: Api): Promise<TestAccount> {
  const { me } = await api.query<Me>('{ me { username profile { photo { id } } } }');
  if (!me?.profile) throw new CheckFailed('the user of DOCTOR_TOKEN has no profile', ADVICE);
  if (me.profile.photo) {
    throw new CheckFailed(`${me.username} has a photo, which would be replaced`, ADVICE);
  }
  return {
    fact: `signed in as ${me.username}`,
    api,
    async cleanUp() {
      await api.query('mutation { deleteProfilePhoto { id } }');
      return `deleted the photos of ${me.username}`;
    },
  };
}

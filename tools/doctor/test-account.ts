import { randomBytes } from 'node:crypto';
import { type Api, openApi, Refusal } from './graphql.ts';
import { Cross } from './report.ts';

/** Who lets the doctor in where not everybody may come. */
export interface Credentials {
  /** Of an admin. */
  email?: string | undefined;
  /** Of an admin. */
  password?: string | undefined;
  /** Of somebody without a photo, where an outside provider knows the people. */
  token?: string | undefined;
}

/** Somebody whose photos may come and go. */
export interface Patient {
  fact: string;
  api: Api;
  /** Takes back all that was done in their name. */
  leave(): Promise<string>;
}

const ADVICE =
  'Set DOCTOR_EMAIL and DOCTOR_PASSWORD of an admin, or DOCTOR_TOKEN of somebody without a photo.';

/** A throw-away user, made by themselves or by an admin; with a token, whoever that is. */
export async function admit(url: string, credentials: Credentials): Promise<Patient> {
  if (credentials.token !== undefined) return borrow(openApi(url, credentials.token));
  try {
    return await make(url, credentials);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Cross(`no user can be made: ${error.message}`, ADVICE);
  }
}

async function make(url: string, { email, password }: Credentials): Promise<Patient> {
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
    fact: `${username} is made for this visit`,
    api,
    async leave() {
      await api.query('mutation ($id: ID!) { deleteUser(id: $id) }', { id: createUser.id });
      return `${username} and every photo of this visit are deleted`;
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

async function borrow(api: Api): Promise<Patient> {
  const { me } = await api.query<Me>('{ me { username profile { photo { id } } } }');
  if (!me?.profile) throw new Cross('DOCTOR_TOKEN is of nobody with a profile', ADVICE);
  if (me.profile.photo) {
    throw new Cross(`${me.username} has a photo, which would be replaced`, ADVICE);
  }
  return {
    fact: `signed in as ${me.username}`,
    api,
    async leave() {
      await api.query('mutation { deleteProfilePhoto { id } }');
      return `the photos of ${me.username} are deleted`;
    },
  };
}

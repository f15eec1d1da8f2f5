import { setTimeout as delay } from 'node:timers/promises';
import type { Picture } from './images.ts';

/** How often something is sent before it counts as refused; s between two tries when nobody says: 1, 2, 4, 8. */
const TRIES = 5;
/** s; whoever asks for more patience has another reason than being busy. */
const LONGEST_WAIT = 120;

/** What Portrait answers when it does not do what it is asked. */
export class Refused extends Error {
  override name = 'Refused';
  readonly code: string;
  readonly facts: Facts;

  constructor(code: string, message: string, facts: Facts = {}) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}

interface Facts {
  /** Of a CONFLICT. */
  field?: string;
  /** Of BAD_USER_INPUT. */
  fields?: { path: string; message: string }[];
  retryable?: boolean;
  /** s */
  retryAfter?: number;
}

/** Somebody as they are here; no profile when they have deleted it. */
interface Account {
  username: string;
  email: string;
  profile: Profile | null;
}

export interface Profile {
  id: string;
  photo: { id: string } | null;
  latestUpload: { failure: { code: string } | null } | null;
}

const SHOWN = 'username email profile { id photo { id } latestUpload { failure { code } } }';
const FIND = `query ($id: ID!) { user(id: $id) { ${SHOWN} } }`;
const IMPORT = `mutation ($input: ImportUserInput!) { importUser(input: $input) { ${SHOWN} } }`;
const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { token user { role } }
}`;
const SEND_LINK = `mutation ($profileId: ID!, $url: String!) {
  uploadProfilePhoto(profileId: $profileId, photo: { url: $url }) { id }
}`;
const SEND_FILE = `mutation ($profileId: ID!, $file: Upload!) {
  uploadProfilePhoto(profileId: $profileId, photo: { file: $file }) { id }
}`;

export type Portrait = Awaited<ReturnType<typeof openPortrait>>;

/**
 * A running Portrait, as one of its admins. What may be gone the next time is tried again, after the time that it asks for.
 *
 * @throws Refused
 */
export async function openPortrait(url: string, admin: { email: string; password: string }) {
  const post = (body: string | FormData, token?: string) => insist(() => send(url, body, token));
  const signIn = async (): Promise<string> => {
    const { signIn: session } = await post(asJson(SIGN_IN, admin));
    if (session.user.role === 'ADMIN') return session.token;
    throw new Refused('FORBIDDEN', `${admin.email} is no admin.`);
  };
  let token = await signIn();
  const ask = async (body: string | FormData) => {
    try {
      return await post(body, token);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'UNAUTHENTICATED') throw error;
      // A token lasts twelve hours, which many photos outlast.
      token = await signIn();
      return post(body, token);
    }
  };

  return {
    async find(id: string): Promise<Account | null> {
      return (await ask(asJson(FIND, { id }))).user;
    },
    async importUser(input: object): Promise<Account> {
      return (await ask(asJson(IMPORT, { input }))).importUser;
    },
    async sendPhoto(profileId: string, picture: Picture): Promise<void> {
      await ask(
        'url' in picture
          ? asJson(SEND_LINK, { profileId, url: picture.url })
          : asForm(SEND_FILE, { profileId }, picture.file),
      );
    },
  };
}

const asJson = (query: string, variables: object) => JSON.stringify({ query, variables });

/** After the GraphQL multipart request specification. */
function asForm(query: string, variables: object, file: Blob) {
  const form = new FormData();
  form.append('operations', JSON.stringify({ query, variables: { ...variables, file: null } }));
  form.append('map', '{"0": ["variables.file"]}');
  form.append('0', file, 'photo');
  return form;
}

interface Said {
  // biome-ignore lint/suspicious/noExplicitAny: each caller reads what it asked for
  data?: any;
  errors?: { message: string; extensions: Facts & { code: string } }[];
}

async function insist<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error) || tried === TRIES) throw error;
      const seconds = error.facts.retryAfter ?? 2 ** (tried - 1);
      if (seconds > LONGEST_WAIT) throw error;
      await delay(seconds * 1000);
    }
  }
}

/** A link that leads nowhere is left for the next run: most lead nowhere then, too. */
const mayPass = (error: unknown): error is Refused =>
  error instanceof Refused &&
  error.facts.retryable === true &&
  error.code !== 'PHOTO_SOURCE_UNREACHABLE';

async function send(url: string, body: string | FormData, token: string | undefined) {
  const headers = {
    ...(typeof body === 'string' && { 'content-type': 'application/json' }),
    'apollo-require-preflight': 'true',
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(`${url}/graphql`, { method: 'POST', body, headers }).catch((cause) => {
    const message = `Nothing answers at ${url} (${cause.cause?.code ?? cause.message}).`;
    throw new Refused('UNREACHABLE', message, { retryable: true });
  });
  const said = (await answer.json().catch(() => undefined)) as Said | undefined;
  const [error] = said?.errors ?? [];
  if (error) throw new Refused(error.extensions.code, error.message, error.extensions);
  if (said?.data) return said.data;
  const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN);
  throw new Refused(
    'UNREACHABLE',
    `${url} answers ${answer.status}, and it is not Portrait that speaks.`,
    { retryable: answer.status >= 429, ...(retryAfter >= 0 && { retryAfter }) },
  );
}

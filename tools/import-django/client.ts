import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from './images.ts';

/** Attempts per request. Without `retryAfter`, the waits between them are 1, 2, 4 and 8 s. */
const MAX_ATTEMPTS = 5;
/** s; a longer `retryAfter` has another reason than overload. */
const MAX_RETRY_AFTER_S = 120;

/** An error of the API, with its code; UNREACHABLE if it is not Portrait that responds. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

interface ErrorDetails {
  /** For CONFLICT. */
  field?: string;
  /** For BAD_USER_INPUT. */
  fields?: { path: string; message: string }[];
  retryable?: boolean;
  /** s */
  retryAfter?: number;
}

/** A user in Portrait; without a profile if they have deleted it. */
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

const FIELDS = 'username email profile { id photo { id } latestUpload { failure { code } } }';
const FIND = `query ($id: ID!) { user(id: $id) { ${FIELDS} } }`;
const IMPORT = `mutation ($input: ImportUserInput!) { importUser(input: $input) { ${FIELDS} } }`;
const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { token user { role } }
}`;
const UPLOAD_URL = `mutation ($profileId: ID!, $url: String!) {
  uploadProfilePhoto(profileId: $profileId, photo: { url: $url }) { id }
}`;
const UPLOAD_FILE = `mutation ($profileId: ID!, $file: Upload!) {
  uploadProfilePhoto(profileId: $profileId, photo: { file: $file }) { id }
}`;

export type Client = Awaited<ReturnType<typeof openClient>>;

/**
 * Opens a GraphQL client that is signed in as an admin. It retries retryable errors after the time they name.
 *
 * @throws ApiError
 */
export async function openClient(url: string, admin: { email: string; password: string }) {
  const post = (body: string | FormData, token?: string) => withRetry(() => send(url, body, token));
  const signIn = async (): Promise<string> => {
    const { signIn: session } = await post(asJson(SIGN_IN, admin));
    if (session.user.role === 'ADMIN') return session.token;
    throw new ApiError('FORBIDDEN', `${admin.email} is not an admin.`);
  };
  let token = await signIn();
  const request = async (body: string | FormData) => {
    try {
      return await post(body, token);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') throw error;
      // A token is valid for twelve hours, and an import may take longer.
      token = await signIn();
      return post(body, token);
    }
  };

  return {
    async find(id: string): Promise<Account | null> {
      return (await request(asJson(FIND, { id }))).user;
    },
    async importUser(input: object): Promise<Account> {
      return (await request(asJson(IMPORT, { input }))).importUser;
    },
    async uploadPhoto(profileId: string, image: Image): Promise<void> {
      await request(
        'url' in image
          ? asJson(UPLOAD_URL, { profileId, url: image.url })
          : asForm(UPLOAD_FILE, { profileId }, image.file),
      );
    },
  };
}

const asJson = (query: string, variables: object) => JSON.stringify({ query, variables });

/** @see https://github.com/jaydenseric/graphql-multipart-request-spec */
function asForm(query: string, variables: object, file: Blob) {
  const form = new FormData();
  form.append('operations', JSON.stringify({ query, variables: { ...variables, file: null } }));
  form.append('map', '{"0": ["variables.file"]}');
  form.append('0', file, 'photo');
  return form;
}

interface GraphQLResponse {
  // biome-ignore lint/suspicious/noExplicitAny: callers know the type of their query's result
  data?: any;
  errors?: { message: string; extensions: ErrorDetails & { code: string } }[];
}

async function withRetry<Result>(send: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
      const seconds = error.details.retryAfter ?? 2 ** (attempt - 1);
      if (seconds > MAX_RETRY_AFTER_S) throw error;
      await delay(seconds * 1000);
    }
  }
}

/** A dead link is left for the next run: it is rarely reachable seconds later. */
const isRetryable = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  error.details.retryable === true &&
  error.code !== 'PHOTO_SOURCE_UNREACHABLE';

async function send(url: string, body: string | FormData, token: string | undefined) {
  const headers = {
    ...(typeof body === 'string' && { 'content-type': 'application/json' }),
    'apollo-require-preflight': 'true',
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(`${url}/graphql`, { method: 'POST', body, headers }).catch(
    (cause) => {
      const message = `${url} does not respond (${cause.cause?.code ?? cause.message}).`;
      throw new ApiError('UNREACHABLE', message, { retryable: true });
    },
  );
  const result = (await response.json().catch(() => undefined)) as GraphQLResponse | undefined;
  const [error] = result?.errors ?? [];
  if (error) throw new ApiError(error.extensions.code, error.message, error.extensions);
  if (result?.data) return result.data;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw new ApiError('UNREACHABLE', `${url} responds ${response.status}, and is not Portrait.`, {
    retryable: response.status >= 429,
    ...(retryAfter >= 0 && { retryAfter }),
  });
}

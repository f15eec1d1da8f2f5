/** Simulated users, who remember what the API has acknowledged. */
import { randomUUID } from 'node:crypto';
import type { Call } from './client.ts';

/** An account with every state it may be in: the last acknowledged one, and those of later requests without a response. */
export interface SimulatedUser {
  id: string;
  token: string;
  password: string;
  /** Possible bios. */
  bios: string[];
  /** The newest acknowledged photo; a newer one may exist. */
  photoId: string;
  /** `unknown`: its deletion was requested, but not acknowledged. */
  state: 'exists' | 'deleted' | 'unknown';
}

export const SIGN_UP = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }';
const SIGN_IN =
  'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }';
const EDIT =
  'mutation ($id: ID!, $bio: String!) { updateProfile(id: $id, input: { bio: $bio }) { bio } }';
const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { photo { id status } } }';
const REQUEST =
  'mutation { requestPhotoUpload(contentType: "image/jpeg") { url fields { name value } photo { id } } }';
const READ =
  '{ users(first: 20) { totalCount edges { node { username profile { avatarUrl } } } } }';
const REMOVE = 'mutation ($id: ID!) { deleteUser(id: $id) }';
export const ME = '{ me { id profile { id bio photo { id status variants { url } } } } }';

export async function signUp(call: Call): Promise<SimulatedUser | undefined> {
  const username = `p${randomUUID().slice(0, 12)}`;
  const input = { username, email: `${username}@example.org`, password: randomUUID() };
  const created = await call('createUser', { query: SIGN_UP, variables: { input } });
  if (created.code !== 'OK') return undefined;
  const session = await call('signIn', { query: SIGN_IN, variables: input });
  const { id } = created.data.createUser;
  // Without a token, the invariants check the row of the account instead.
  const token = session.data?.signIn?.token ?? '';
  return { id, token, password: input.password, bios: [''], photoId: '', state: 'exists' };
}

export async function read(call: Call, { token }: SimulatedUser) {
  return (await call('users', { query: READ, token })).code;
}

export async function edit(call: Call, user: SimulatedUser) {
  const { token } = user;
  const me = await call('me', { query: ME, token });
  const bio = randomUUID();
  const id = me.data?.me?.profile?.id;
  if (!id) return;
  user.bios.push(bio);
  const { code } = await call('updateProfile', { query: EDIT, variables: { id, bio }, token });
  if (code === 'OK') user.bios = [bio];
}

export async function upload(call: Call, user: SimulatedUser, file: Uint8Array<ArrayBuffer>) {
  const { token } = user;
  const { code, data } = await call('uploadProfilePhoto', { query: UPLOAD, file, token });
  if (code === 'OK') remember(user, data.uploadProfilePhoto.photo.id);
  return code;
}

/** Direct upload. It is acknowledged if the bucket accepts it. */
export async function uploadDirectly(
  call: Call,
  user: SimulatedUser,
  file: Uint8Array<ArrayBuffer>,
) {
  const { code, data } = await call('requestPhotoUpload', { query: REQUEST, token: user.token });
  if (code !== 'OK') return;
  const { url, fields, photo } = data.requestPhotoUpload;
  const form = new FormData();
  for (const { name, value } of fields) form.append(name, value);
  form.append('file', new Blob([file], { type: 'image/jpeg' }), 'photo.jpg');
  const isAccepted = await fetch(url, {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(30_000),
  })
    .then(({ status }) => status === 204)
    .catch(() => false);
  if (isAccepted) remember(user, photo.id);
}

export async function remove(call: Call, user: SimulatedUser) {
  const { id, token } = user;
  user.state = 'unknown';
  const { code } = await call('deleteUser', { query: REMOVE, variables: { id }, token });
  if (code === 'OK') user.state = 'deleted';
}

/** Ids are ordered by time (UUID version 7). */
function remember(user: SimulatedUser, photoId: string) {
  if (photoId > user.photoId) user.photoId = photoId;
}

/** People who use the product, and remember what they were promised. */
import { randomUUID } from 'node:crypto';
import type { Call } from './client.ts';

/** One account, and all that may be true of it: what was acknowledged last, and what was asked since without an answer. */
export interface Person {
  id: string;
  token: string;
  password: string;
  bios: string[];
  /** The newest photo that was acknowledged; a newer one may be there. */
  photoId: string;
  /** Unknown: it was asked for, and nobody said whether it was done. */
  state: 'there' | 'deleted' | 'unknown';
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

export async function signUp(call: Call): Promise<Person | undefined> {
  const username = `p${randomUUID().slice(0, 12)}`;
  const input = { username, email: `${username}@example.org`, password: randomUUID() };
  const made = await call('createUser', { query: SIGN_UP, variables: { input } });
  if (made.code !== 'OK') return undefined;
  const session = await call('signIn', { query: SIGN_IN, variables: input });
  const { id } = made.data.createUser;
  // Who could not sign in is looked up at the end by another's token: it is there all the same.
  const token = session.data?.signIn?.token ?? '';
  return { id, token, password: input.password, bios: [''], photoId: '', state: 'there' };
}

export async function read(call: Call, { token }: Person) {
  return (await call('users', { query: READ, token })).code;
}

export async function edit(call: Call, person: Person) {
  const { token } = person;
  const me = await call('me', { query: ME, token });
  const bio = randomUUID();
  const id = me.data?.me?.profile?.id;
  if (!id) return;
  person.bios.push(bio);
  const { code } = await call('updateProfile', { query: EDIT, variables: { id, bio }, token });
  if (code === 'OK') person.bios = [bio];
}

export async function upload(call: Call, person: Person, file: Uint8Array<ArrayBuffer>) {
  const { token } = person;
  const { code, data } = await call('uploadProfilePhoto', { query: UPLOAD, file, token });
  if (code === 'OK') remember(person, data.uploadProfilePhoto.photo.id);
  return code;
}

/** By the form, past the API. Acknowledged is what the bucket took. */
export async function uploadDirectly(call: Call, person: Person, file: Uint8Array<ArrayBuffer>) {
  const { code, data } = await call('requestPhotoUpload', { query: REQUEST, token: person.token });
  if (code !== 'OK') return;
  const { url, fields, photo } = data.requestPhotoUpload;
  const form = new FormData();
  for (const { name, value } of fields) form.append(name, value);
  form.append('file', new Blob([file], { type: 'image/jpeg' }), 'photo.jpg');
  const taken = await fetch(url, {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(30_000),
  })
    .then(({ status }) => status === 204)
    .catch(() => false);
  if (taken) remember(person, photo.id);
}

export async function remove(call: Call, person: Person) {
  const { id, token } = person;
  person.state = 'unknown';
  const { code } = await call('deleteUser', { query: REMOVE, variables: { id }, token });
  if (code === 'OK') person.state = 'deleted';
}

/** Ids are in order of time. */
function remember(person: Person, photoId: string) {
  if (photoId > person.photoId) person.photoId = photoId;
}

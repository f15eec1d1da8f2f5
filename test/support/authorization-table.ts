import type { GraphqlAnswer, Person, Variables } from './client.ts';
import { SMALL_PHOTO, uploadSmallPhoto } from './small-photo.ts';

/** The caller, relative to the account that the operation concerns. */
export const CALLERS = ['anonymous', 'other', 'owner', 'admin'] as const;
export type Caller = (typeof CALLERS)[number];

/** Outcome of an operation: success or an error code. */
export type Outcome = 'ok' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'CONFLICT';

interface Operation {
  document: string;
  /** What the operation is called with when it is about `owner`; `given` is what `prepare` answered. */
  about?(owner: Person, given: string): Variables;
  /** What must be there before; answers an id if it made something. */
  prepare?(owner: Person): Promise<string>;
  may: Record<Caller, Outcome>;
}

const everyone = { anonymous: 'ok', other: 'ok', owner: 'ok', admin: 'ok' } as const;
const signedIn = { ...everyone, anonymous: 'UNAUTHENTICATED' } as const;
const ownerOrAdmin = { ...signedIn, other: 'FORBIDDEN' } as const;

/** Permissions: a row for every query and mutation. Subscriptions are tested in `journey/status`. */
export const AUTHORIZATION_TABLE: Record<string, Operation> = {
  'Query.uploadPolicy': { document: '{ uploadPolicy { maxBytes } }', may: everyone },
  'Query.me': { document: '{ me { id } }', may: everyone },
  'Query.users': { document: '{ users { edges { node { id } } } }', may: signedIn },
  'Query.user': {
    document: 'query ($id: ID!) { user(id: $id) { id username } }',
    about: ({ id }) => ({ id }),
    may: signedIn,
  },
  'Query.profile': {
    document: 'query ($id: ID!) { profile(id: $id) { id displayName } }',
    about: ({ profileId: id }) => ({ id }),
    may: signedIn,
  },
  'Query.photo': {
    document: 'query ($id: ID!) { photo(id: $id) { id } }',
    prepare: uploadSmallPhoto,
    about: (_owner, id) => ({ id }),
    may: signedIn,
  },

  'Mutation.signIn': {
    document:
      'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }',
    about: ({ email, password }) => ({ email, password }),
    may: everyone,
  },
  'Mutation.createUser': {
    document: 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    about: ({ username }) => ({
      input: {
        username: `${username}x`,
        email: `${username}@new.example`,
        password: 'long enough',
      },
    }),
    may: everyone,
  },
  'Mutation.importUser': {
    document: 'mutation ($input: ImportUserInput!) { importUser(input: $input) { id } }',
    about: ({ id, username }) => ({
      input: { id: id.replace(/^./, 'f'), username, email: `${username}@old.example` },
    }),
    may: { ...signedIn, other: 'FORBIDDEN', owner: 'FORBIDDEN' },
  },
  'Mutation.updateUser': {
    document:
      'mutation ($id: ID!) { updateUser(id: $id, input: { firstName: "New" }) { firstName } }',
    about: ({ id }) => ({ id }),
    may: ownerOrAdmin,
  },
  'Mutation.deleteUser': {
    document: 'mutation ($id: ID!) { deleteUser(id: $id) }',
    about: ({ id }) => ({ id }),
    may: ownerOrAdmin,
  },
  'Mutation.createProfile': {
    document: 'mutation ($id: ID!) { createProfile(userId: $id) { id } }',
    prepare: deleteProfile,
    about: ({ id }) => ({ id }),
    may: ownerOrAdmin,
  },
  'Mutation.updateProfile': {
    document: 'mutation ($id: ID!) { updateProfile(id: $id, input: { bio: "New" }) { bio } }',
    about: ({ profileId: id }) => ({ id }),
    may: ownerOrAdmin,
  },
  'Mutation.deleteProfile': {
    document: 'mutation ($id: ID!) { deleteProfile(id: $id) }',
    about: ({ profileId: id }) => ({ id }),
    may: ownerOrAdmin,
  },
  'Mutation.uploadProfilePhoto': {
    document: `mutation ($id: ID!) {
      uploadProfilePhoto(profileId: $id, photo: { base64: "${SMALL_PHOTO}" }) { photo { id } }
    }`,
    about: ({ profileId: id }) => ({ id }),
    may: ownerOrAdmin,
  },
  'Mutation.requestPhotoUpload': {
    document: `mutation ($id: ID!) {
      requestPhotoUpload(profileId: $id, contentType: "image/png") { photo { id } url }
    }`,
    about: ({ profileId: id }) => ({ id }),
    may: ownerOrAdmin,
  },
  'Mutation.cropProfilePhoto': {
    document: `mutation ($id: ID!) {
      cropProfilePhoto(profileId: $id, crop: { strategy: CENTRE }) { photo { id } }
    }`,
    prepare: uploadSmallPhoto,
    about: ({ profileId: id }) => ({ id }),
    may: ownerOrAdmin,
  },
  'Mutation.deleteProfilePhoto': {
    document: 'mutation ($id: ID!) { deleteProfilePhoto(profileId: $id) { photo { id } } }',
    prepare: uploadSmallPhoto,
    about: ({ profileId: id }) => ({ id }),
    may: ownerOrAdmin,
  },
};

async function deleteProfile({ profileId, query }: Person): Promise<string> {
  await query('mutation ($id: ID!) { deleteProfile(id: $id) }', { id: profileId });
  return profileId;
}

export const outcomeOf = ({ errors }: GraphqlAnswer<unknown>) => errors[0]?.extensions.code ?? 'ok';

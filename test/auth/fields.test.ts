import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, type Person, signInAdmin, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';

let product: Product;
let clients: Record<'other' | 'owner' | 'admin', Client>;
let owner: Person;
let photoId: string;
let failedId: string;
beforeAll(async () => {
  product = await startProduct();
  owner = await signUp(product);
  clients = { owner, other: await signUp(product), admin: await signInAdmin(product) };
  photoId = await uploadSmallPhoto(owner);
  failedId = await failUpload();
});
afterAll(() => product.close());

/** An upload that comes to nothing, after the current photo. @returns its id */
async function failUpload(): Promise<string> {
  const base64 = Buffer.from('no photo at all').toString('base64');
  await owner.send(
    'mutation ($base64: String!) { uploadProfilePhoto(photo: { base64: $base64 }) { id } }',
    { base64 },
  );
  const { me } = await owner.query('{ me { profile { latestUpload { id status } } } }');
  expect(me.profile.latestUpload.status).toBe('FAILED');
  return me.profile.latestUpload.id;
}

const SEEN_BY = [
  { viewer: 'other', sees: false },
  { viewer: 'owner', sees: true },
  { viewer: 'admin', sees: true },
] as const;

describe.each(SEEN_BY)('to $viewer', ({ viewer, sees }) => {
  const shown = (value: string) => (sees ? value : null);

  test(`an e-mail address is ${sees ? 'shown' : 'null'} on every path to it`, async () => {
    const { byId, byName, profile, photo, users } = await clients[viewer].query(
      `query ($id: ID!, $username: String!, $profileId: ID!, $photoId: ID!) {
        byId: user(id: $id) { email }
        byName: user(username: $username) { email }
        profile(id: $profileId) { user { email } }
        photo(id: $photoId) { profile { user { email profile { user { email } } } } }
        users(filter: { search: $username }) { edges { node { email } } }
      }`,
      { ...owner, photoId },
    );

    const { user } = photo.profile;
    const ways = [byId, byName, profile.user, user, user.profile.user, users.edges[0].node];
    expect(ways.map(({ email }) => email)).toEqual(ways.map(() => shown(owner.email)));
  });

  test(`the latest upload is ${sees ? 'shown' : 'null'} when it is not the current photo`, async () => {
    const { profile } = await clients[viewer].query(
      'query ($profileId: ID!) { profile(id: $profileId) { photo { id } latestUpload { id } } }',
      { ...owner },
    );

    expect(profile.photo).toEqual({ id: photoId });
    expect(profile.latestUpload?.id ?? null).toBe(shown(failedId));
  });

  test(`a photo that is not current is ${sees ? 'shown' : 'null'} by its id`, async () => {
    const { current, failed } = await clients[viewer].query(
      `query ($photoId: ID!, $failedId: ID!) {
        current: photo(id: $photoId) { id }
        failed: photo(id: $failedId) { id failure { code } }
      }`,
      { photoId, failedId },
    );

    expect(current).toEqual({ id: photoId });
    expect(failed?.id ?? null).toBe(shown(failedId));
  });
});

test('other users cannot look up an account by e-mail address', async () => {
  const { users } = await clients.other.query(
    'query ($search: String!) { users(filter: { search: $search }) { totalCount } }',
    { search: owner.email },
  );

  expect(users.totalCount).toBe(0);
});

test('private properties of a user have no field in the schema', async () => {
  const { __type: type } = await clients.admin.query(
    '{ __type(name: "User") { fields { name } } }',
  );

  const names = type.fields.map(({ name }: { name: string }) => name).sort();
  expect(names).toEqual(
    [
      'id',
      'username',
      'firstName',
      'lastName',
      'role',
      'createdAt',
      'updatedAt',
      'email',
      'profile',
    ].sort(),
  );
});

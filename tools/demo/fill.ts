import { type Api, ApiError, openApi } from './api.ts';
import { drawPortrait } from './portrait.ts';
import { DEMO_USERS, type DemoUser } from './users.ts';

/** Password of all demo users, who have no special rights. */
export const DEMO_PASSWORD = 'portrait demo';

interface Options {
  /** URL of Portrait. */
  url: string;
  /** Creates the users if sign-up is closed. */
  admin?: { email: string; password: string } | undefined;
  log: (line: string) => void;
  users?: DemoUser[];
}

/**
 * Creates demo users with drawn portraits through the public API. Idempotent: existing users are not changed, so it can
 * be run again, and continues after an interruption.
 *
 * @throws ApiError with advice if users cannot be created
 */
export async function fill({ url, admin, log, users = DEMO_USERS }: Options): Promise<void> {
  const creator = admin ? openApi(url, await signIn(openApi(url), admin)) : openApi(url);
  for (const [at, user] of users.entries()) {
    const outcome = await add(user, url, creator);
    log(
      `${String(at + 1).padStart(2)}/${users.length}  ${user.firstName} ${user.lastName}: ${outcome}`,
    );
  }
  log(`\nSign in as any of them: ${emailOf(users[0])}, password "${DEMO_PASSWORD}".`);
}

const emailOf = (user: DemoUser | undefined) => `${user?.username}@demo.example.org`;

async function add(user: DemoUser, url: string, creator: Api): Promise<string> {
  const isNew = await createUser(user, creator);
  const account = { email: emailOf(user), password: DEMO_PASSWORD };
  const token = await signIn(creator, account).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') return undefined;
    throw error;
  });
  if (!token) return 'skipped, the username belongs to another user';

  const self = openApi(url, token);
  const { me } = await self.query('{ me { profile { id photo { id } } } }');
  if (!me.profile || me.profile.photo) return 'already exists';
  await self.query(
    'mutation ($id: ID!, $bio: String!) { updateProfile(id: $id, input: { bio: $bio }) { id } }',
    { id: me.profile.id, bio: user.bio },
  );
  await self.upload(UPLOAD, new Blob([drawPortrait(user.look)]), { alt: altOf(user) });
  return isNew ? 'created with photo' : 'photo added';
}

/** Cropped from the crown to the collar. */
const UPLOAD = `mutation ($file: Upload!, $alt: String!) {
  uploadProfilePhoto(
    photo: { file: $file }
    alt: $alt
    crop: { rectangle: { x: 0, y: 0.06, width: 1, height: 0.8 } }
  ) { id }
}`;

/** @returns whether the user is new */
async function createUser(user: DemoUser, creator: Api) {
  const { username, firstName, lastName } = user;
  const email = emailOf(user);
  const input = { username, firstName, lastName, email, password: DEMO_PASSWORD };
  try {
    await creator.query(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      {
        input,
      },
    );
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'CONFLICT') return false;
    if (error.code !== 'FORBIDDEN' && error.code !== 'UNAUTHENTICATED') throw error;
    throw new ApiError(error.code, CLOSED);
  }
}

const CLOSED =
  'Sign-up is closed: only admins can create accounts. Set ADMIN_EMAIL and ADMIN_PASSWORD of an admin, and run it again.';

async function signIn(api: Api, account: { email: string; password: string }): Promise<string> {
  const { signIn: session } = await api.query(
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }',
    account,
  );
  return session.token;
}

const altOf = ({ firstName, lastName, look: { hair, glasses, beard } }: DemoUser) => {
  const features = [
    hair.cut === 'none' ? 'a bald head' : `${CUTS[hair.cut]} hair`,
    ...(glasses ? ['round glasses'] : []),
    ...(beard ? ['a beard'] : []),
  ];
  return `Drawing of ${firstName} ${lastName}, with ${features.join(', ')}`;
};

const CUTS: Record<string, string> = {
  short: 'short',
  long: 'long',
  bun: 'pinned-up',
  curls: 'curly',
  bob: 'chin-length',
};

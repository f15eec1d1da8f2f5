import { type Api, openApi, Refused } from './api.ts';
import { drawPortrait } from './portrait.ts';
import { type DemoPerson, PEOPLE } from './users.ts';

/** Everybody's: these people are made up, and have no rights that others lack. */
export const DEMO_PASSWORD = 'portrait demo';

interface Options {
  /** Address of the product. */
  url: string;
  /** Who makes the people where sign-up is closed. */
  admin?: { email: string; password: string } | undefined;
  say: (line: string) => void;
  people?: DemoPerson[];
}

/**
 * Fills a product with people and drawn portraits, through its public API. Whoever is there already stays as they are:
 * it may be run again, and goes on where it was stopped.
 *
 * @throws Refused with advice when nobody can be made
 */
export async function fill({ url, admin, say, people = PEOPLE }: Options): Promise<void> {
  const maker = admin ? openApi(url, await signIn(openApi(url), admin)) : openApi(url);
  for (const [at, person] of people.entries()) {
    const done = await add(person, url, maker);
    say(
      `${String(at + 1).padStart(2)}/${people.length}  ${person.firstName} ${person.lastName}: ${done}`,
    );
  }
  say(`\nSign in as any of them: ${emailOf(people[0])}, password "${DEMO_PASSWORD}".`);
}

const emailOf = (person: DemoPerson | undefined) => `${person?.username}@demo.example.org`;

async function add(person: DemoPerson, url: string, maker: Api): Promise<string> {
  const isNew = await makeUser(person, maker);
  const account = { email: emailOf(person), password: DEMO_PASSWORD };
  const token = await signIn(maker, account).catch((error: unknown) => {
    if (error instanceof Refused && error.code === 'UNAUTHENTICATED') return undefined;
    throw error;
  });
  if (!token) return 'somebody else has this name, left alone';

  const self = openApi(url, token);
  const { me } = await self.ask('{ me { profile { id photo { id } } } }');
  if (!me.profile || me.profile.photo) return 'there already';
  await self.ask(
    'mutation ($id: ID!, $bio: String!) { updateProfile(id: $id, input: { bio: $bio }) { id } }',
    { id: me.profile.id, bio: person.bio },
  );
  await self.upload(UPLOAD, new Blob([drawPortrait(person.look)]), { alt: altOf(person) });
  return isNew ? 'made and drawn' : 'drawn';
}

/** From the crown to the collar. */
const UPLOAD = `mutation ($file: Upload!, $alt: String!) {
  uploadProfilePhoto(
    photo: { file: $file }
    alt: $alt
    crop: { rectangle: { x: 0, y: 0.06, width: 1, height: 0.8 } }
  ) { id }
}`;

/** @returns whether they are new */
async function makeUser(person: DemoPerson, maker: Api) {
  const { username, firstName, lastName } = person;
  const email = emailOf(person);
  const input = { username, firstName, lastName, email, password: DEMO_PASSWORD };
  try {
    await maker.ask('mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }', {
      input,
    });
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.code === 'CONFLICT') return false;
    if (error.code !== 'FORBIDDEN' && error.code !== 'UNAUTHENTICATED') throw error;
    throw new Refused(error.code, CLOSED);
  }
}

const CLOSED =
  'Sign-up is closed here: only an admin makes accounts. Set ADMIN_EMAIL and ADMIN_PASSWORD to those of an admin, and run it again.';

async function signIn(api: Api, account: { email: string; password: string }): Promise<string> {
  const { signIn: session } = await api.ask(
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }',
    account,
  );
  return session.token;
}

const altOf = ({ firstName, lastName, look: { hair, glasses, beard } }: DemoPerson) => {
  const seen = [
    hair.cut === 'none' ? 'a bald head' : `${CUTS[hair.cut]} hair`,
    ...(glasses ? ['round glasses'] : []),
    ...(beard ? ['a beard'] : []),
  ];
  return `Drawing of ${firstName} ${lastName}, with ${seen.join(', ')}`;
};

const CUTS: Record<string, string> = {
  short: 'short',
  long: 'long',
  bun: 'pinned-up',
  curls: 'curly',
  bob: 'chin-length',
};

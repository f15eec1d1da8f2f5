import { domainToASCII } from 'node:url';
import { v5 as uuid } from 'uuid';
import { type Portrait, type Profile, Refused } from './client.ts';
import type { Person } from './source.ts';

/** Characters that a name may have here, of 150 at most in Django, and a text about oneself. */
const NAME = 100;
const BIO = 1_000;

/** What is here of somebody; a string when they are left out: why. */
export type Found = { isNew: boolean; profile: Profile | null; notes: string[] } | string;

export interface Rules {
  /** Distinguishes the ids of one source from those of another. */
  source: string;
  /** Whether a superuser there is an admin here. */
  areAdmins: boolean;
  isDryRun: boolean;
}

/** Finds somebody here, or brings them. @throws Refused when it is not theirs alone to be refused */
export async function bring(person: Person, portrait: Portrait, rules: Rules): Promise<Found> {
  if (!person.isActive) return 'not active';
  if (!person.email.trim()) return 'no e-mail address';
  // The same person has the same id each time: nothing else has to be remembered of what was imported.
  const id = uuid(`${rules.source}/${person.id}`, uuid.URL);
  const known = await portrait.find(id);
  if (known) {
    // Changed since; or a person of another source with this name: not to be given somebody else's picture.
    if (!isSame(known.email, person.email)) return 'here with another e-mail address';
    return { isNew: false, profile: known.profile, notes: [] };
  }
  if (rules.isDryRun) return { isNew: true, profile: NOT_YET, notes: [] };
  try {
    const made = await portrait.importUser(inputOf(person, id, rules));
    return { isNew: true, profile: made.profile, notes: notesOf(person, made.username) };
  } catch (error) {
    return reasonOf(error);
  }
}

/** Of somebody who is not made when nothing is. */
const NOT_YET: Profile = { id: '', photo: null, latestUpload: null };

const isSame = (one: string, other: string) => spelledOneWay(one) === spelledOneWay(other);

/** As Portrait compares addresses: it alone decides which are valid. A browser may have changed the domain to punycode. */
function spelledOneWay(email: string) {
  const [, local = '', domain = ''] = /^(.*)@(.*)$/s.exec(email.trim()) ?? [];
  return `${local.toLowerCase()}@${domainToASCII(domain).replace(/\.$/, '')}`;
}

const shortened = (text: string, length = NAME) => [...text].slice(0, length).join('');

const hasPassword = ({ password }: Person) => password.startsWith('pbkdf2_sha256$');

function inputOf(person: Person, id: string, { areAdmins }: Rules) {
  const { username, email, password, firstName, lastName, displayName, bio, joined } = person;
  return {
    ...{ id, username, email },
    ...(hasPassword(person) && { passwordHash: password }),
    firstName: shortened(firstName),
    lastName: shortened(lastName),
    role: areAdmins && person.isSuperuser ? 'ADMIN' : 'USER',
    profile: { displayName: shortened(displayName), bio: shortened(bio, BIO) },
    ...(joined && { createdAt: joined.toISOString() }),
  };
}

/** What is not as it was. */
const notesOf = (person: Person, username: string) => [
  ...(username === person.username ? [] : [`is "${username}" here`]),
  ...(hasPassword(person) ? [] : ['has no password that can be taken over']),
  ...[person.firstName, person.lastName, person.displayName]
    .filter((name) => name !== shortened(name))
    .map(() => `has a name shortened to ${NAME} characters`),
  ...(person.bio === shortened(person.bio, BIO)
    ? []
    : [`has a bio shortened to ${BIO} characters`]),
];

function reasonOf(error: unknown): string {
  if (!(error instanceof Refused)) throw error;
  const { code, facts } = error;
  if (code === 'CONFLICT' && facts.field === 'email') return 'e-mail address taken';
  if (code === 'CONFLICT') return `${facts.field} taken meanwhile, run it again`;
  if (code !== 'BAD_USER_INPUT') throw error;
  const [field] = facts.fields ?? [];
  return field?.path === 'email' ? 'e-mail address not valid' : error.message;
}

/** Normal use at a fixed rate: a late answer does not make the next request wait, and be measured less. */
import { setTimeout as delay } from 'node:timers/promises';
import { drawPhoto } from '../soak.ts';
import { type Call, callerOf, newTally, type Tally } from '../system/client.ts';
import { type Person, signUp, upload } from '../system/simulated-user.ts';
import { postForm, requestUpload } from './uploads.ts';

const ME = '{ me { id username profile { id avatarUrl } } }';
const PAGE =
  '{ users(first: 20) { edges { node { id username profile { avatarUrl(size: 50) } } } pageInfo { hasNextPage endCursor } } }';
const STATUS = 'query ($id: ID!) { photo(id: $id) { status } }';

/** ms between two requests of a kind. */
const INTERVALS = { me: 50, page: 500, upload: 6_000, direct: 6_000 } as const;
/** ms after which a direct upload is given up. */
const DIRECT_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 100;

/** `OK` and error codes of everything, and ms by kind. */
export interface Experience {
  requests: number;
  /** How often each code other than `OK` was answered. */
  errors: Record<string, number>;
  /** Of `me` and of pages together. */
  reads: number[];
  /** Of photos in a request. */
  uploads: number[];
  /** From the request for a form to READY. */
  direct: number[];
}

/** Signs somebody up. @throws Error when that is refused */
export async function openPerson(url: string): Promise<Person> {
  const person = await signUp(callerOf(url, newTally()));
  if (!person?.token) throw new Error('The user of the bench cannot sign up.');
  return person;
}

/** Two accounts, since of two uploads at once that are one user's, the older photo is replaced before it is READY. */
export async function openUser(url: string) {
  const [person, other] = [await openPerson(url), await openPerson(url)];
  const photo = await drawPhoto();

  return {
    /** Uses the product for so many seconds, and waits for the last answer. */
    async use(seconds: number): Promise<Experience> {
      const tally = newTally();
      const direct: number[] = [];
      const call = callerOf(url, tally);
      const deeds = {
        me: () => call('me', { query: ME, token: person.token }),
        page: () => call('users', { query: PAGE, token: person.token }),
        upload: () => upload(call, person, photo),
        direct: () =>
          uploadDirectly(url, { call, person: other, photo }).then((ms) => direct.push(ms)),
      };
      const end = Date.now() + seconds * 1_000;
      await Promise.all(
        Object.entries(deeds).map(([kind, act]) =>
          repeat(act, { every: INTERVALS[kind as keyof typeof INTERVALS], end }),
        ),
      );
      return experienceOf(tally, direct);
    },
  };
}

async function repeat(act: () => Promise<unknown>, { every, end }: { every: number; end: number }) {
  const begun: Promise<unknown>[] = [];
  for (let next = Date.now(); next < end; next += every) {
    begun.push(act());
    await delay(Math.max(0, next + every - Date.now()));
  }
  await Promise.all(begun);
}

interface Direct {
  call: Call;
  person: Person;
  photo: Uint8Array<ArrayBuffer>;
}

/** @returns ms until the photo was READY, infinite when it never was */
async function uploadDirectly(url: string, { call, person: { token }, photo }: Direct) {
  const begun = performance.now();
  const form = await requestUpload({ url, token }, 'image/jpeg').catch(() => undefined);
  if (!form) return Number.POSITIVE_INFINITY;
  await postForm(form, photo);
  while (performance.now() - begun < DIRECT_TIMEOUT_MS) {
    const { data } = await call('photo', { query: STATUS, variables: { id: form.photoId }, token });
    if (data?.photo?.status === 'READY') return performance.now() - begun;
    await delay(POLL_INTERVAL_MS);
  }
  return Number.POSITIVE_INFINITY;
}

function experienceOf({ answers, times }: Tally, direct: number[]): Experience {
  const of = (...fields: string[]) => fields.flatMap((field) => times.get(field) ?? []);
  return {
    requests: [...answers.values()].reduce((sum, count) => sum + count, 0),
    errors: Object.fromEntries([...answers].filter(([code]) => code !== 'OK')),
    reads: of('me', 'users').toSorted((a, b) => a - b),
    uploads: of('uploadProfilePhoto'),
    direct,
  };
}

/** Normal use at a fixed rate. A late response does not delay the next request, which would hide latency (coordinated omission). */
import { setTimeout as delay } from 'node:timers/promises';
import { drawPhoto } from '../soak.ts';
import { type Call, createClient, newCounts, type RequestCounts } from '../system/client.ts';
import { type SimulatedUser, signUp, upload } from '../system/simulated-user.ts';
import { requestUpload, sendPost } from './uploads.ts';

const ME = '{ me { id username profile { id avatarUrl } } }';
const PAGE =
  '{ users(first: 20) { edges { node { id username profile { avatarUrl(size: 50) } } } pageInfo { hasNextPage endCursor } } }';
const STATUS = 'query ($id: ID!) { photo(id: $id) { status } }';

/** ms between two requests of the same kind. */
const INTERVALS = { me: 50, page: 500, upload: 6_000, direct: 6_000 } as const;
/** ms after which a direct upload has failed. */
const DIRECT_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 100;

/** Error codes, and response times by kind, ms. */
export interface Experience {
  requests: number;
  /** Number of responses per code other than `OK`. */
  errors: Record<string, number>;
  /** `me` and pages of users together. */
  reads: number[];
  /** Synchronous uploads. */
  uploads: number[];
  /** Direct uploads, from the request for a presigned POST until READY. */
  direct: number[];
}

/** Signs a user up. @throws Error if that fails */
export async function signUpUser(url: string): Promise<SimulatedUser> {
  const user = await signUp(createClient(url, newCounts()));
  if (!user?.token) throw new Error('The user of the bench cannot sign up.');
  return user;
}

/** Uses two accounts: of two concurrent uploads of one user, the older photo is replaced before it is READY. */
export async function openNormalUser(url: string) {
  const [user, other] = [await signUpUser(url), await signUpUser(url)];
  const photo = await drawPhoto();

  return {
    /** Uses the product for a time, and waits for the last response. */
    async use(seconds: number): Promise<Experience> {
      const counts = newCounts();
      const direct: number[] = [];
      const call = createClient(url, counts);
      const actions = {
        me: () => call('me', { query: ME, token: user.token }),
        page: () => call('users', { query: PAGE, token: user.token }),
        upload: () => upload(call, user, photo),
        direct: () =>
          uploadDirectly(url, { call, user: other, photo }).then((ms) => direct.push(ms)),
      };
      const end = Date.now() + seconds * 1_000;
      await Promise.all(
        Object.entries(actions).map(([kind, act]) =>
          repeat(act, { every: INTERVALS[kind as keyof typeof INTERVALS], end }),
        ),
      );
      return experienceOf(counts, direct);
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
  user: SimulatedUser;
  photo: Uint8Array<ArrayBuffer>;
}

/** @returns ms until the photo was READY; infinite if it never was */
async function uploadDirectly(url: string, { call, user: { token }, photo }: Direct) {
  const begun = performance.now();
  const post = await requestUpload({ url, token }, 'image/jpeg').catch(() => undefined);
  if (!post) return Number.POSITIVE_INFINITY;
  await sendPost(post, photo);
  while (performance.now() - begun < DIRECT_TIMEOUT_MS) {
    const { data } = await call('photo', { query: STATUS, variables: { id: post.photoId }, token });
    if (data?.photo?.status === 'READY') return performance.now() - begun;
    await delay(POLL_INTERVAL_MS);
  }
  return Number.POSITIVE_INFINITY;
}

function experienceOf({ answers, times }: RequestCounts, direct: number[]): Experience {
  const of = (...fields: string[]) => fields.flatMap((field) => times.get(field) ?? []);
  return {
    requests: [...answers.values()].reduce((sum, count) => sum + count, 0),
    errors: Object.fromEntries([...answers].filter(([code]) => code !== 'OK')),
    reads: of('me', 'users').toSorted((a, b) => a - b),
    uploads: of('uploadProfilePhoto'),
    direct,
  };
}

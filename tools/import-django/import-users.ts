import { ApiError, type Client, type Profile } from './client.ts';
import type { Images } from './images.ts';
import { type ImportOptions, importUser } from './import-user.ts';
import { openReport } from './report.ts';
import type { DjangoUser, Source } from './source.ts';

/** ms between two lines of progress. */
const PROGRESS_INTERVAL_MS = 2_000;

/** Codes that concern a single image or its location. All others end the import. */
const IMAGE_ERRORS = /^(PHOTO_|PROCESSING_FAILED$|NOT_FOUND$)/;

interface Import {
  source: Pick<Source, 'users' | 'total'>;
  images: Images;
  client: Client;
  options: ImportOptions;
  /** Images uploaded concurrently. */
  concurrency: number;
  log: (line: string) => void;
  stopping?: AbortSignal | undefined;
}

/**
 * Imports all users and their images. Idempotent: existing users and photos are not changed, so it can be run again, and
 * continues where it was stopped. Users are imported one after another, so that of two with the same e-mail address the
 * older account gets it.
 *
 * @throws ApiError if Portrait rejects all users or becomes unreachable
 */
export async function importUsers(job: Import) {
  const { source, log, stopping } = job;
  const report = openReport();
  const uploads = openPool(job.concurrency);
  let read = 0;
  let logged = Date.now();
  for await (const user of source.users()) {
    if (stopping?.aborted) break;
    await importOne(user);
    read++;
    if (Date.now() - logged < PROGRESS_INTERVAL_MS) continue;
    logged = Date.now();
    log(`${read} of ${source.total}: ${report.summary()}`);
  }
  await uploads.end();
  return report;

  async function importOne(user: DjangoUser) {
    const logUser = (text: string) => log(`${user.id} ${user.username}: ${text}`);
    const result = await importUser(user, job.client, job.options);
    if (typeof result === 'string') {
      report.add({ kind: 'users', outcome: 'skipped', reason: result });
      return logUser(`skipped, ${result}`);
    }
    report.add({ kind: 'users', outcome: result.isNew ? 'imported' : 'unchanged' });
    for (const note of result.notes) logUser(note);
    if (!user.image) return;
    const { profile } = result;
    if (!profile || profile.photo) return report.add({ kind: 'images', outcome: 'unchanged' });
    await uploads.add(async () => {
      const reason = await uploadImage(user.image, profile, job);
      if (!reason) return report.add({ kind: 'images', outcome: 'imported' });
      report.add({ kind: 'images', outcome: 'skipped', reason });
      logUser(`image skipped, ${reason}`);
    });
  }
}

/** @returns why the image was skipped; undefined if it was uploaded */
async function uploadImage(name: string, profile: Profile, { images, client, options }: Import) {
  // An image that was rejected once would be rejected again, and each time add a failed upload.
  const { code } = profile.latestUpload?.failure ?? {};
  if (code?.startsWith('PHOTO_')) return `image rejected: ${code}`;
  const image = await images(name);
  if (!image) return 'image missing';
  if (options.isDryRun) return undefined;
  try {
    await client.uploadPhoto(profile.id, image);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && IMAGE_ERRORS.test(error.code)) {
      return `image rejected: ${error.code}`;
    }
    throw error;
  }
}

/** Runs a limited number of tasks concurrently. The next `add` or `end` throws the error of a failed task. */
function openPool(concurrency: number) {
  const running = new Set<Promise<void>>();
  const errors: unknown[] = [];
  const throwError = () => {
    if (errors.length > 0) throw errors[0];
  };
  return {
    async add(task: () => Promise<void>) {
      while (running.size >= concurrency) await Promise.race(running);
      throwError();
      const done: Promise<void> = task()
        .catch((error: unknown) => void errors.push(error))
        .finally(() => running.delete(done));
      running.add(done);
    },
    async end() {
      await Promise.all(running);
      throwError();
    },
  };
}

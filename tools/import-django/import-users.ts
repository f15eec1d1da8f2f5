import { type Portrait, type Profile, Refused } from './client.ts';
import type { Images } from './images.ts';
import { bring, type Rules } from './import-user.ts';
import { openReport } from './report.ts';
import type { Person, Source } from './source.ts';

/** ms between two lines of progress. */
const EVERY = 2_000;

/** Codes that are a picture's own fault, or its place's: whatever else is refused ends the import. */
const OF_PICTURE = /^(PHOTO_|PROCESSING_FAILED$|NOT_FOUND$)/;

interface Import {
  source: Pick<Source, 'people' | 'total'>;
  images: Images;
  portrait: Portrait;
  rules: Rules;
  /** Pictures sent at once. */
  atOnce: number;
  say: (line: string) => void;
  stopping?: AbortSignal | undefined;
}

/**
 * Brings everybody and their pictures, and leaves whoever is here as they are: it may be run again, and goes on where it
 * was stopped. People come one after another, so that of two with one e-mail address the older account gets it.
 *
 * @throws Refused when Portrait takes nobody, or is gone
 */
export async function importPeople(job: Import) {
  const { source, say, stopping } = job;
  const report = openReport();
  const line = openLine(job.atOnce);
  let [read, said] = [0, Date.now()];
  for await (const person of source.people()) {
    if (stopping?.aborted) break;
    await importPerson(person);
    read++;
    if (Date.now() - said < EVERY) continue;
    said = Date.now();
    say(`${read} of ${source.total}: ${report.line()}`);
  }
  await line.end();
  return report;

  async function importPerson(person: Person) {
    const tell = (what: string) => say(`${person.id} ${person.username}: ${what}`);
    const found = await bring(person, job.portrait, job.rules);
    if (typeof found === 'string') {
      report.add({ of: 'people', was: 'left out', reason: found });
      return tell(`left out, ${found}`);
    }
    report.add({ of: 'people', was: found.isNew ? 'imported' : 'there already' });
    for (const note of found.notes) tell(note);
    if (!person.image) return;
    const { profile } = found;
    if (!profile || profile.photo) return report.add({ of: 'images', was: 'there already' });
    await line.add(async () => {
      const reason = await sendImage(person.image, profile, job);
      report.add({
        of: 'images',
        was: reason ? 'left out' : 'imported',
        ...(reason && { reason }),
      });
      if (reason) tell(`image left out, ${reason}`);
    });
  }
}

/** @returns why not */
async function sendImage(name: string, profile: Profile, { images, portrait, rules }: Import) {
  // What was refused for its own sake would be so again, and each time leave another failed upload.
  const { code } = profile.latestUpload?.failure ?? {};
  if (code?.startsWith('PHOTO_')) return `image refused: ${code}`;
  const picture = await images(name);
  if (!picture) return 'image missing';
  if (rules.isDryRun) return undefined;
  try {
    await portrait.sendPhoto(profile.id, picture);
    return undefined;
  } catch (error) {
    if (error instanceof Refused && OF_PICTURE.test(error.code)) {
      return `image refused: ${error.code}`;
    }
    throw error;
  }
}

/** Does so many things at once; what one of them throws, the next `add` or `end` does. */
function openLine(atOnce: number) {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const check = () => {
    if (failures.length > 0) throw failures[0];
  };
  return {
    async add(work: () => Promise<void>) {
      while (running.size >= atOnce) await Promise.race(running);
      check();
      const done: Promise<void> = work()
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(done));
      running.add(done);
    },
    async end() {
      await Promise.all(running);
      check();
    },
  };
}

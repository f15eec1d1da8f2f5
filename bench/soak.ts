/** `npm run bench -- soak`: mixed work for minutes, with a fault every twenty seconds; at the end nothing may be missing. */
import { exit, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { median } from './statistics.ts';
import { type Call, callerOf, newTally, type Tally } from './system/client.ts';
import { FAULTS } from './system/faults.ts';
import { findViolations } from './system/invariants.ts';
import {
  edit,
  type Person,
  read,
  remove,
  signUp,
  upload,
  uploadDirectly,
} from './system/simulated-user.ts';
import { startWhole, type Whole } from './system/system-under-test.ts';
import { printTable } from './table.ts';

const WORKERS = 6;
const FAULT_EVERY = 20_000;
/** ms between two looks at the memory. */
const LOOK_EVERY = 2_000;

/** `npm run bench -- soak [--minutes 10]` */
export async function run(words: string[]): Promise<void> {
  const { values } = parseArgs({
    args: words,
    options: { minutes: { type: 'string', default: '10' } },
  });
  const whole = await startWhole();
  try {
    const violations = await soak(whole, Number(values.minutes) * 60_000);
    for (const violation of violations) stdout.write(`VIOLATION: ${violation}\n`);
    if (violations.length === 0) stdout.write('\nNothing is missing.\n');
    process.exitCode = violations.length > 0 ? 1 : 0;
  } finally {
    await whole.close();
  }
  exit();
}

async function soak(whole: Whole, duration: number): Promise<string[]> {
  const photo = await drawPhoto();
  const all = newTally();
  const call = callerOf(whole.url, all);
  const people: Person[] = [];
  const end = Date.now() + duration;
  const work = Array.from({ length: WORKERS }, () => live({ call, people, photo, end }));
  const memory = watchMemory(whole, end);
  const faults = await breakThings(whole, end);
  await Promise.all(work);

  const looks = await memory;
  // A life without faults at the end, in which every request can be counted on both sides.
  await whole.killApi();
  const last = newTally();
  const lastCall = callerOf(whole.url, last);
  const lastEnd = Date.now() + 10_000;
  const lastWork = { call: lastCall, people, photo, end: lastEnd };
  await Promise.all(Array.from({ length: WORKERS }, () => live(lastWork)));
  const violations = await findViolations(whole, { people, last, looks });
  report({ all, people, faults, looks });
  return violations;
}

interface Life {
  call: Call;
  /** Everybody there ever was. */
  people: Person[];
  photo: Uint8Array<ArrayBuffer>;
  /** ms since 1970. */
  end: number;
}

/** What a few people do, one thing after the other, for as long as there is time. */
async function live({ call, people, photo, end }: Life) {
  let own: Person[] = [];
  while (Date.now() < end) {
    own = own.filter(({ state }) => state === 'there');
    const person = own[Math.floor(Math.random() * own.length)];
    const dice = Math.random();
    if (!person || (dice < 0.05 && own.length < 12)) {
      const made = await signUp(call);
      if (made) people.push(made);
      if (made?.token) own.push(made);
      if (!made) await delay(200);
    } else if (dice < 0.5) await read(call, person);
    else if (dice < 0.7) await edit(call, person);
    else if (dice < 0.85) await upload(call, person, photo);
    else if (dice < 0.98) await uploadDirectly(call, person, photo);
    else await remove(call, person);
  }
}

async function breakThings(whole: Whole, end: number) {
  const done = new Map<string, number>();
  for (let at = 0; Date.now() + FAULT_EVERY < end; at++) {
    await delay(FAULT_EVERY / 2);
    const fault = FAULTS[at % FAULTS.length];
    if (!fault) break;
    stdout.write(`${new Date().toISOString().slice(11, 19)} ${fault.name}\n`);
    await fault.happen(whole);
    done.set(fault.name, (done.get(fault.name) ?? 0) + 1);
    await delay(FAULT_EVERY / 2);
  }
  return done;
}

async function watchMemory(whole: Whole, end: number) {
  const looks: number[] = [];
  while (Date.now() < end) {
    await delay(LOOK_EVERY);
    const memory = await whole.memory();
    if (memory > 0) looks.push(memory);
  }
  return looks;
}

interface Told {
  all: Tally;
  people: Person[];
  faults: Map<string, number>;
  looks: number[];
}

function report({ all, people, faults, looks }: Told) {
  const lines = (map: Map<string, number>) =>
    [...map].map(([name, count]) => [name, String(count)]);
  printTable('Faults', [['fault', 'times'], ...lines(faults)]);
  printTable('Answers', [['code', 'requests'], ...lines(all.answers)]);
  const states = Map.groupBy(people, ({ state }) => state);
  const counts = new Map([...states].map(([state, some]) => [state, some.length]));
  printTable('People, as they know it', [['state', 'people'], ...lines(counts)]);
  const photos = people.filter(({ photoId }) => photoId).length;
  stdout.write(
    `\n${photos} people with an acknowledged photo. Memory of the API, MB: ` +
      `median ${median(looks).toFixed(0)}, most ${Math.max(...looks).toFixed(0)}.\n`,
  );
}

/** Noise: it is not small, and takes its time to be cut. */
export async function drawPhoto() {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const create = { width: 1200, height: 900, channels: 3, background: '#808080', noise } as const;
  return new Uint8Array(await sharp({ create }).jpeg({ quality: 70 }).toBuffer());
}

/** `npm run bench -- load`: the same mix by more and more at once, until it is too much, and whether all is well again after. */
import { exit, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { drawPhoto } from './soak.ts';
import { type Call, callerOf, newTally, type Tally } from './system/client.ts';
import { type Person, read, signUp, upload } from './system/simulated-user.ts';
import { startWhole, type Whole } from './system/system-under-test.ts';
import { printTable } from './table.ts';

const STEPS = [1, 4, 16, 64, 256, 1];
const PEOPLE = 20;

/** What a client may hear when there is too much to do; it comes with the time to come again. */
const REFUSALS = ['OK', 'OVERLOADED', 'PROCESSING_UNAVAILABLE'];

/** `npm run bench -- load [--seconds 8]`: of each step */
export async function run(words: string[]): Promise<void> {
  const { values } = parseArgs({
    args: words,
    options: { seconds: { type: 'string', default: '8' } },
  });
  const whole = await startWhole();
  try {
    const violations = await load(whole, Number(values.seconds));
    for (const violation of violations) stdout.write(`VIOLATION: ${violation}\n`);
    process.exitCode = violations.length > 0 ? 1 : 0;
  } finally {
    await whole.close();
  }
  exit();
}

async function load(whole: Whole, seconds: number) {
  const photo = await drawPhoto();
  const people: Person[] = [];
  while (people.length < PEOPLE) {
    const person = await signUp(callerOf(whole.url, newTally()));
    if (person) people.push(person);
  }
  const violations: string[] = [];
  const rows = [
    ['at once', 'read/s', 'p50 ms', 'p99 ms', 'photos/s', 'p50 ms', 'p99 ms', 'turned away', 'MB'],
  ];
  for (const atOnce of STEPS) {
    const tally = newTally();
    const call = callerOf(whole.url, tally);
    const end = Date.now() + seconds * 1_000;
    await Promise.all(Array.from({ length: atOnce }, () => work({ call, people, photo, end })));
    rows.push([String(atOnce), ...figures(tally, seconds), (await whole.memory()).toFixed(0)]);
    for (const [code, count] of tally.answers) {
      if (!REFUSALS.includes(code)) violations.push(`${atOnce} at once: ${count} times ${code}.`);
      if (atOnce === 1 && code !== 'OK') violations.push(`One at a time: ${count} times ${code}.`);
    }
  }
  printTable('One in five is a photo of 1200 x 900 px, the others read twenty people', rows);
  return violations;
}

interface Work {
  call: Call;
  people: Person[];
  photo: Uint8Array<ArrayBuffer>;
  end: number;
}

async function work({ call, people, photo, end }: Work) {
  while (Date.now() < end) {
    const person = people[Math.floor(Math.random() * people.length)];
    if (!person) return;
    const isPhoto = Math.random() < 0.2;
    const code = await (isPhoto ? upload(call, person, photo) : read(call, person));
    // Who is turned away comes again later: here not in five seconds, so that it stays too much.
    if (code !== 'OK') await delay(500);
  }
}

function figures({ times, answers }: Tally, seconds: number): string[] {
  const told = ['users', 'uploadProfilePhoto'].flatMap((field) => {
    const sorted = (times.get(field) ?? []).toSorted((a, b) => a - b);
    const at = (share: number) =>
      (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(0);
    return [(sorted.length / seconds).toFixed(1), at(0.5), at(0.99)];
  });
  const all = [...answers.values()].reduce((sum, count) => sum + count, 0);
  return [...told, String(all - (answers.get('OK') ?? 0))];
}

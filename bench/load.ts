/**
 * `npm run bench -- load`: the same mix of requests at increasing concurrency until overload, and again one at a time, to
 * see that the system has recovered. Not with autocannon, whose connections cannot back off after a rejection.
 */
import { exit, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { drawPhoto } from './soak.ts';
import { type Call, createClient, newCounts, type RequestCounts } from './system/client.ts';
import { read, type SimulatedUser, signUp, upload } from './system/simulated-user.ts';
import { type SystemUnderTest, startSystem } from './system/system-under-test.ts';
import { printTable } from './table.ts';

/** Concurrent clients. */
const STEPS = [1, 4, 16, 64, 256, 1];
const USERS = 20;

/** Allowed codes under overload; all rejections have a `retryAfter`. */
const ALLOWED = ['OK', 'OVERLOADED', 'PROCESSING_UNAVAILABLE'];

/** `npm run bench -- load [--seconds 8]`: seconds per step */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { seconds: { type: 'string', default: '8' } },
  });
  const system = await startSystem();
  try {
    const violations = await load(system, Number(values.seconds));
    for (const violation of violations) stdout.write(`VIOLATION: ${violation}\n`);
    process.exitCode = violations.length > 0 ? 1 : 0;
  } finally {
    await system.close();
  }
  exit();
}

async function load(system: SystemUnderTest, seconds: number) {
  const photo = await drawPhoto();
  const users: SimulatedUser[] = [];
  while (users.length < USERS) {
    const user = await signUp(createClient(system.url, newCounts()));
    if (user) users.push(user);
  }
  const violations: string[] = [];
  const rows = [
    ['clients', 'reads/s', 'p50 ms', 'p99 ms', 'photos/s', 'p50 ms', 'p99 ms', 'rejected', 'MB'],
  ];
  for (const clients of STEPS) {
    const counts = newCounts();
    const call = createClient(system.url, counts);
    const end = Date.now() + seconds * 1_000;
    await Promise.all(Array.from({ length: clients }, () => work({ call, users, photo, end })));
    rows.push([
      String(clients),
      ...formatCounts(counts, seconds),
      (await system.memory()).toFixed(0),
    ]);
    for (const [code, count] of counts.answers) {
      if (!ALLOWED.includes(code)) violations.push(`${clients} clients: ${count} times ${code}.`);
      if (clients === 1 && code !== 'OK') violations.push(`1 client: ${count} times ${code}.`);
    }
  }
  printTable(
    'One in five requests uploads a photo of 1200 x 900 px, the others read 20 users',
    rows,
  );
  return violations;
}

interface Work {
  call: Call;
  users: SimulatedUser[];
  photo: Uint8Array<ArrayBuffer>;
  end: number;
}

async function work({ call, users, photo, end }: Work) {
  while (Date.now() < end) {
    const user = users[Math.floor(Math.random() * users.length)];
    if (!user) return;
    const isPhoto = Math.random() < 0.2;
    const code = await (isPhoto ? upload(call, user, photo) : read(call, user));
    // A rejected client backs off, but not for the five seconds of `retryAfter`, so that the overload lasts.
    if (code !== 'OK') await delay(500);
  }
}

function formatCounts({ times, answers }: RequestCounts, seconds: number): string[] {
  const cells = ['users', 'uploadProfilePhoto'].flatMap((field) => {
    const sorted = (times.get(field) ?? []).toSorted((a, b) => a - b);
    const at = (share: number) =>
      (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(0);
    return [(sorted.length / seconds).toFixed(1), at(0.5), at(0.99)];
  });
  const all = [...answers.values()].reduce((sum, count) => sum + count, 0);
  return [...cells, String(all - (answers.get('OK') ?? 0))];
}

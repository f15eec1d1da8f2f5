/** `npm run bench -- soak`: mixed requests for minutes, with a fault every 20 seconds; at the end no data may be missing. */
import { exit, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { median } from './statistics.ts';
import { type Call, createClient, newCounts, type RequestCounts } from './system/client.ts';
import { FAULTS } from './system/faults.ts';
import { findViolations } from './system/invariants.ts';
import {
  edit,
  read,
  remove,
  type SimulatedUser,
  signUp,
  upload,
  uploadDirectly,
} from './system/simulated-user.ts';
import { type SystemUnderTest, startSystem } from './system/system-under-test.ts';
import { printTable } from './table.ts';

const WORKERS = 6;
const FAULT_INTERVAL_MS = 20_000;
/** ms between two samples of the API's memory. */
const SAMPLE_INTERVAL_MS = 2_000;

/** `npm run bench -- soak [--minutes 10]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string', default: '10' } },
  });
  const system = await startSystem();
  try {
    const violations = await soak(system, Number(values.minutes) * 60_000);
    for (const violation of violations) stdout.write(`VIOLATION: ${violation}\n`);
    if (violations.length === 0) stdout.write('\nAll invariants hold.\n');
    process.exitCode = violations.length > 0 ? 1 : 0;
  } finally {
    await system.close();
  }
  exit();
}

async function soak(system: SystemUnderTest, duration: number): Promise<string[]> {
  const photo = await drawPhoto();
  const all = newCounts();
  const call = createClient(system.url, all);
  const users: SimulatedUser[] = [];
  const end = Date.now() + duration;
  const work = Array.from({ length: WORKERS }, () => simulateUsers({ call, users, photo, end }));
  const memory = watchMemory(system, end);
  const faults = await injectFaults(system, end);
  await Promise.all(work);

  const samples = await memory;
  // A final run without faults, in which clients and API must count the same requests.
  await system.killApi();
  const last = newCounts();
  const lastCall = createClient(system.url, last);
  const lastEnd = Date.now() + 10_000;
  const lastWork = { call: lastCall, users, photo, end: lastEnd };
  await Promise.all(Array.from({ length: WORKERS }, () => simulateUsers(lastWork)));
  const violations = await findViolations(system, { users, last, samples });
  report({ all, users, faults, samples });
  return violations;
}

interface Simulation {
  call: Call;
  /** All users ever created. */
  users: SimulatedUser[];
  photo: Uint8Array<ArrayBuffer>;
  /** ms since 1970. */
  end: number;
}

/** Simulates a few users, one request after another, until the end. */
async function simulateUsers({ call, users, photo, end }: Simulation) {
  let own: SimulatedUser[] = [];
  while (Date.now() < end) {
    own = own.filter(({ state }) => state === 'exists');
    const user = own[Math.floor(Math.random() * own.length)];
    const dice = Math.random();
    if (!user || (dice < 0.05 && own.length < 12)) {
      const created = await signUp(call);
      if (created) users.push(created);
      if (created?.token) own.push(created);
      if (!created) await delay(200);
    } else if (dice < 0.5) await read(call, user);
    else if (dice < 0.7) await edit(call, user);
    else if (dice < 0.85) await upload(call, user, photo);
    else if (dice < 0.98) await uploadDirectly(call, user, photo);
    else await remove(call, user);
  }
}

async function injectFaults(system: SystemUnderTest, end: number) {
  const done = new Map<string, number>();
  for (let at = 0; Date.now() + FAULT_INTERVAL_MS < end; at++) {
    await delay(FAULT_INTERVAL_MS / 2);
    const fault = FAULTS[at % FAULTS.length];
    if (!fault) break;
    stdout.write(`${new Date().toISOString().slice(11, 19)} ${fault.name}\n`);
    await fault.inject(system);
    done.set(fault.name, (done.get(fault.name) ?? 0) + 1);
    await delay(FAULT_INTERVAL_MS / 2);
  }
  return done;
}

async function watchMemory(system: SystemUnderTest, end: number) {
  const samples: number[] = [];
  while (Date.now() < end) {
    await delay(SAMPLE_INTERVAL_MS);
    const memory = await system.memory();
    if (memory > 0) samples.push(memory);
  }
  return samples;
}

interface Results {
  all: RequestCounts;
  users: SimulatedUser[];
  faults: Map<string, number>;
  samples: number[];
}

function report({ all, users, faults, samples }: Results) {
  const lines = (map: Map<string, number>) =>
    [...map].map(([name, count]) => [name, String(count)]);
  printTable('Faults', [['fault', 'times'], ...lines(faults)]);
  printTable('Responses', [['code', 'requests'], ...lines(all.answers)]);
  const states = Map.groupBy(users, ({ state }) => state);
  const counts = new Map([...states].map(([state, some]) => [state, some.length]));
  printTable('Users, as the clients know them', [['state', 'users'], ...lines(counts)]);
  const photos = users.filter(({ photoId }) => photoId).length;
  stdout.write(
    `\n${photos} users with an acknowledged photo. Memory of the API, MB: ` +
      `median ${median(samples).toFixed(0)}, maximum ${Math.max(...samples).toFixed(0)}.\n`,
  );
}

/** Draws a photo of noise, which compresses badly and takes time to process. */
export async function drawPhoto() {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const create = { width: 1200, height: 900, channels: 3, background: '#808080', noise } as const;
  return new Uint8Array(await sharp({ create }).jpeg({ quality: 70 }).toBuffer());
}

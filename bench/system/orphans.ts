/** What the nightly job finds that no work has left: objects without a row, an hour old and younger. */
import { randomUUID } from 'node:crypto';
import { stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Whole } from './system-under-test.ts';

const OLD = 30;
const YOUNG = 3;
/** ms for the job. */
const PATIENCE = 60_000;

/** Puts orphans among all there is, has the job run, and counts: every old one must go, no other object may. */
export async function sweepPlanted(whole: Whole): Promise<string[]> {
  const before = await whole.store.keys();
  await plant(whole, OLD);
  await whole.store.age(2);
  const young = await plant(whole, YOUNG);
  await whole.sql(`select graphile_worker.add_job('sweep_orphans')`);
  const end = Date.now() + PATIENCE;
  while ((await jobsLeft(whole)) > 0 && Date.now() < end) await delay(1_000);

  const after = new Set(await whole.store.keys());
  const expected = new Set([...before, ...young]);
  const taken = [...expected].filter((key) => !after.has(key));
  const left = [...after].filter((key) => !expected.has(key));
  stdout.write(
    `\nsweep_orphans: ${OLD} orphans among ${before.length} objects, ${OLD - left.length} removed.\n`,
  );
  await whole.store.remove(young);
  return [
    ...taken.map((key) => `sweep_orphans removed ${key}, which it must not.`),
    ...left.map((key) => `sweep_orphans left ${key}.`),
  ];
}

async function plant(whole: Whole, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, () => `image/${randomUUID()}/50.webp`);
  for (const key of keys) await whole.store.put(key);
  return keys;
}

async function jobsLeft(whole: Whole) {
  const [row] = await whole.sql(
    `select count(*) from graphile_worker.jobs where task_identifier = 'sweep_orphans' and run_at <= now()`,
  );
  return Number(row?.count);
}

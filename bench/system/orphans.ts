/** Tests the nightly job that deletes orphans: objects without a row that are more than an hour old. */
import { randomUUID } from 'node:crypto';
import { stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { SystemUnderTest } from './system-under-test.ts';

const OLD = 30;
const YOUNG = 3;
/** ms for the job to finish. */
const JOB_TIMEOUT_MS = 60_000;

/** Plants orphans among all objects and runs the job, which must delete every old orphan and no other object. */
export async function plantAndSweepOrphans(system: SystemUnderTest): Promise<string[]> {
  const before = await system.bucket.keys();
  await plant(system, OLD);
  await system.bucket.age(2);
  const young = await plant(system, YOUNG);
  await system.sql(`select graphile_worker.add_job('delete_orphans')`);
  const end = Date.now() + JOB_TIMEOUT_MS;
  while ((await jobsLeft(system)) > 0 && Date.now() < end) await delay(1_000);

  const after = new Set(await system.bucket.keys());
  const expected = new Set([...before, ...young]);
  const lost = [...expected].filter((key) => !after.has(key));
  const left = [...after].filter((key) => !expected.has(key));
  stdout.write(
    `\ndelete_orphans: ${OLD} orphans among ${before.length} objects, ${OLD - left.length} deleted.\n`,
  );
  await system.bucket.remove(young);
  return [
    ...lost.map((key) => `delete_orphans deleted ${key}, which is not an old orphan.`),
    ...left.map((key) => `delete_orphans did not delete ${key}.`),
  ];
}

async function plant(system: SystemUnderTest, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, () => `image/${randomUUID()}/50.webp`);
  for (const key of keys) await system.bucket.put(key);
  return keys;
}

async function jobsLeft(system: SystemUnderTest) {
  const [row] = await system.sql(
    `select count(*) from graphile_worker.jobs where task_identifier = 'delete_orphans' and run_at <= now()`,
  );
  return Number(row?.count);
}

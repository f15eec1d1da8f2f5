/** Invariants that must hold after the run. */
import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../statistics.ts';
import { createClient, newCounts, type RequestCounts } from './client.ts';
import { plantAndSweepOrphans } from './orphans.ts';
import { ME, type SimulatedUser } from './simulated-user.ts';
import type { SystemUnderTest } from './system-under-test.ts';

/** Maximum memory of the API's process, MB: 1.5 times that of a warm one. */
const MAX_MEMORY_MB = 600;
/** Maximum ratio of the memory in the last third of a run to that in the first. */
const MAX_GROWTH = 1.5;

/** ms for uploads and jobs in progress to end. */
const SETTLE_TIMEOUT_MS = 120_000;

interface Run {
  users: SimulatedUser[];
  /** Counts of the final run, without faults. */
  last: RequestCounts;
  /** Memory of the API over time, MB. */
  samples: number[];
}

export async function findViolations(system: SystemUnderTest, { users, last, samples }: Run) {
  const violations = await differingCounts(system, last);
  violations.push(...(await settle(system)));
  for (const user of users) violations.push(...(await lostData(system, user)));
  violations.push(...(await orphans(system)), ...(await plantAndSweepOrphans(system)));
  // After the deletion of orphans: it must not have deleted anything else.
  violations.push(...(await missingVariants(system)));
  return [...violations, ...growth(samples)];
}

/** Compares the counts of clients and API: at least every response, and at most every request. */
async function differingCounts({ url }: SystemUnderTest, { fields, broken }: RequestCounts) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(
    /^graphql_operation_duration_seconds_count\{operation="(\w+)",.*\} (\d+)$/gm,
  );
  const counted = new Map<string, number>();
  for (const [, field = '', count] of counts) {
    counted.set(field, (counted.get(field) ?? 0) + Number(count));
  }
  return [...fields].flatMap(([field, received]) => {
    const count = counted.get(field) ?? 0;
    const isRight = count >= received && count <= received + broken;
    return isRight ? [] : [`/metrics counts ${count} ${field}, clients ${received}.`];
  });
}

/** Fast-forwards time: presigned POSTs expire, stalled uploads are detected, jobs are due. */
async function settle(system: SystemUnderTest) {
  const jobs = 'graphile_worker._private_jobs';
  await system.sql(`update photos set expires_at = now() - interval '2 min'
    where status = 'AWAITING_UPLOAD'`);
  const end = Date.now() + SETTLE_TIMEOUT_MS;
  let left: Record<string, string>[] = [];
  while (Date.now() < end) {
    await system.sql(`update photos set created_at = created_at - interval '11 min',
      expires_at = expires_at - interval '11 min' where status = 'PROCESSING'`);
    await system.sql(`update ${jobs} set locked_at = locked_at - interval '11 min'`);
    await system.sql(`update ${jobs} set run_at = now() where locked_at is null`);
    await system.sql(`select graphile_worker.add_job('recover_uploads')`);
    await delay(3_000);
    left = await system.sql(
      `select id from photos where status in ('AWAITING_UPLOAD', 'PROCESSING')`,
    );
    const waiting = await system.sql(`select count(*) from ${jobs} job
      join graphile_worker._private_tasks task on task.id = job.task_id
      where task.identifier = 'erase_photos'`);
    if (left.length === 0 && waiting[0]?.count === '0') return [];
  }
  return [`${left.length} uploads, or jobs, did not finish.`];
}

/** Compares the account with its acknowledged state. */
async function lostData(system: SystemUnderTest, user: SimulatedUser) {
  if (user.state === 'unknown' || !user.token) {
    if (user.state !== 'exists') return [];
    const rows = await system.sql(`select id from users where id = '${user.id}'`);
    return rows.length === 1 ? [] : [`Account ${user.id} is lost.`];
  }
  const call = createClient(system.url, newCounts());
  const { data, code } = await call('me', { query: ME, token: user.token });
  const profile = data?.me?.profile;
  if (user.state === 'deleted') {
    const rows = await system.sql(`select id from users where id = '${user.id}'`);
    return rows.length === 0 ? [] : [`Deleted account ${user.id} still exists.`];
  }
  if (!profile) return [`Account ${user.id} is lost: ${code}.`];
  const violations: string[] = [];
  if (!user.bios.includes(profile.bio)) violations.push(`A bio of ${user.id} is lost.`);
  if (user.photoId > (profile.photo?.id ?? '')) {
    const [row] = await system.sql(
      `select status, failure_code from photos where id = '${user.photoId}'`,
    );
    violations.push(
      `Photo ${user.photoId} of ${user.id} is lost: ${JSON.stringify(row)}, instead of it ${profile.photo?.id}.`,
    );
  }
  for (const { url } of profile.photo?.variants ?? []) {
    const { status } = await fetch(url);
    if (status !== 200) violations.push(`Variant ${url} responds ${status}.`);
  }
  return violations;
}

/** READY photos with missing objects. */
async function missingVariants(system: SystemUnderTest) {
  const keys = await system.bucket.keys();
  const rows = await system.sql(
    `select id, jsonb_array_length(stored::jsonb)::text as variants from photos where status = 'READY'`,
  );
  return rows.flatMap(({ id, variants }) => {
    const stored = keys.filter((key) => key.startsWith(`image/${id}/`)).length;
    return stored === Number(variants)
      ? []
      : [`READY photo ${id} has ${stored} of ${variants} variants.`];
  });
}

/** Objects that belong to no READY photo. */
async function orphans(system: SystemUnderTest) {
  const rows = await system.sql(`select id from photos where status = 'READY'`);
  const ready = new Set(rows.map(({ id }) => id));
  const orphaned = (await system.bucket.keys()).filter((key) => {
    const [folder, photoId = ''] = key.split('/');
    return folder !== 'image' || !ready.has(photoId);
  });
  return orphaned.map((key) => `Object ${key} belongs to no photo.`);
}

function growth(samples: number[]) {
  const third = Math.floor(samples.length / 3);
  const [first, last] = [median(samples.slice(0, third)), median(samples.slice(-third))];
  if (Math.max(...samples) > MAX_MEMORY_MB) return [`The API used ${Math.max(...samples)} MB.`];
  return last > first * MAX_GROWTH ? [`Memory grew from ${first} to ${last} MB.`] : [];
}

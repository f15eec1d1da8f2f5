/** What must be true when all is over. */
import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../statistics.ts';
import { callerOf, newTally, type Tally } from './client.ts';
import { sweepPlanted } from './orphans.ts';
import { ME, type Person } from './simulated-user.ts';
import type { Whole } from './system-under-test.ts';

/** Of the API's process, MB: what it has when it is warm, and half as much again. */
const MOST_MEMORY = 600;
/** By so much may the last third of a run hold more than the first. */
const MOST_GROWTH = 1.5;

/** ms for what is under way to end. */
const SETTLE = 120_000;

interface Run {
  people: Person[];
  /** Of the last life of the API, in which nothing was broken. */
  last: Tally;
  /** MB, in order of time. */
  looks: number[];
}

export async function findViolations(whole: Whole, { people, last, looks }: Run) {
  const violations = await wrongCounts(whole, last);
  violations.push(...(await settle(whole)));
  for (const person of people) violations.push(...(await brokenPromises(whole, person)));
  violations.push(...(await orphans(whole)), ...(await sweepPlanted(whole)));
  // After that: what a sweep takes too much is missing here.
  violations.push(...(await missingPictures(whole)));
  return [...violations, ...growth(looks)];
}

/** Both sides have counted: an answer that was heard was given, and no more were given than were asked for. */
async function wrongCounts({ url }: Whole, { fields, broken }: Tally) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(
    /^graphql_operation_duration_seconds_count\{operation="(\w+)",.*\} (\d+)$/gm,
  );
  const given = new Map<string, number>();
  for (const [, field = '', count] of counts) {
    given.set(field, (given.get(field) ?? 0) + Number(count));
  }
  return [...fields].flatMap(([field, heard]) => {
    const counted = given.get(field) ?? 0;
    const isRight = counted >= heard && counted <= heard + broken;
    return isRight ? [] : [`/metrics counts ${counted} ${field}, ${heard} were answered.`];
  });
}

/** Does what time would do: forms expire, the dead are noticed, jobs are due. */
async function settle(whole: Whole) {
  const jobs = 'graphile_worker._private_jobs';
  await whole.sql(`update photos set expires_at = now() - interval '2 min'
    where status = 'AWAITING_UPLOAD'`);
  const end = Date.now() + SETTLE;
  let left: Record<string, string>[] = [];
  while (Date.now() < end) {
    await whole.sql(`update photos set created_at = created_at - interval '11 min',
      expires_at = expires_at - interval '11 min' where status = 'PROCESSING'`);
    await whole.sql(`update ${jobs} set locked_at = locked_at - interval '11 min'`);
    await whole.sql(`update ${jobs} set run_at = now() where locked_at is null`);
    await whole.sql(`select graphile_worker.add_job('sweep_uploads')`);
    await delay(3_000);
    left = await whole.sql(
      `select id from photos where status in ('AWAITING_UPLOAD', 'PROCESSING')`,
    );
    const waiting = await whole.sql(`select count(*) from ${jobs} job
      join graphile_worker._private_tasks task on task.id = job.task_id
      where task.identifier = 'erase_photos'`);
    if (left.length === 0 && waiting[0]?.count === '0') return [];
  }
  return [`${left.length} uploads, or jobs, never came to an end.`];
}

async function brokenPromises(whole: Whole, person: Person) {
  if (person.state === 'unknown' || !person.token) {
    if (person.state !== 'there') return [];
    const rows = await whole.sql(`select id from users where id = '${person.id}'`);
    return rows.length === 1 ? [] : [`The account ${person.id} is lost.`];
  }
  const call = callerOf(whole.url, newTally());
  const { data, code } = await call('me', { query: ME, token: person.token });
  const profile = data?.me?.profile;
  if (person.state === 'deleted') {
    const rows = await whole.sql(`select id from users where id = '${person.id}'`);
    return rows.length === 0 ? [] : [`The deleted account ${person.id} is there.`];
  }
  if (!profile) return [`The account ${person.id} is lost: ${code}.`];
  const violations: string[] = [];
  if (!person.bios.includes(profile.bio)) violations.push(`A text of ${person.id} is lost.`);
  if (person.photoId > (profile.photo?.id ?? '')) {
    const [row] = await whole.sql(
      `select status, failure_code from photos where id = '${person.photoId}'`,
    );
    violations.push(
      `The photo ${person.photoId} of ${person.id} is lost: ${JSON.stringify(row)}, shown ${profile.photo?.id}.`,
    );
  }
  for (const { url } of profile.photo?.variants ?? []) {
    const { status } = await fetch(url);
    if (status !== 200) violations.push(`The picture ${url} answers ${status}.`);
  }
  return violations;
}

/** Every READY photo, whoever's it is, has all its objects. */
async function missingPictures(whole: Whole) {
  const keys = await whole.store.keys();
  const rows = await whole.sql(
    `select id, jsonb_array_length(stored::jsonb)::text as pictures from photos where status = 'READY'`,
  );
  return rows.flatMap(({ id, pictures }) => {
    const stored = keys.filter((key) => key.startsWith(`image/${id}/`)).length;
    return stored === Number(pictures)
      ? []
      : [`READY ${id} has ${stored} of ${pictures} pictures.`];
  });
}

/** Objects of no READY photo. */
async function orphans(whole: Whole) {
  const rows = await whole.sql(`select id from photos where status = 'READY'`);
  const ready = new Set(rows.map(({ id }) => id));
  const lost = (await whole.store.keys()).filter((key) => {
    const [folder, photoId = ''] = key.split('/');
    return folder !== 'image' || !ready.has(photoId);
  });
  return lost.map((key) => `The object ${key} is nobody's.`);
}

function growth(looks: number[]) {
  const third = Math.floor(looks.length / 3);
  const [first, last] = [median(looks.slice(0, third)), median(looks.slice(-third))];
  if (Math.max(...looks) > MOST_MEMORY) return [`The API held ${Math.max(...looks)} MB.`];
  return last > first * MOST_GROWTH ? [`Memory grew from ${first} to ${last} MB.`] : [];
}

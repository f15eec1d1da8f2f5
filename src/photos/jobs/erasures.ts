import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger } from 'fastify';
import { ERASURES_DELAYED } from '../../../contract/log-messages.ts';

/** Name of the job that erases the objects of photos. */
export const ERASE_PHOTOS = 'erase_photos';

/** An erasure is never given up: the largest number of attempts that graphile-worker's column holds. */
export const MAX_ATTEMPTS = 32_767;

/**
 * graphile-worker runs jobs with a smaller number first; the others have 0. While a store hangs, an attempt takes 20 s: the job
 * that reports and retries erasures, and the one that recovers uploads, must not wait behind all erasures.
 */
export const ERASE_PRIORITY = 10;

/** Minutes until a failed erasure is tried again at the latest; graphile-worker's own pauses grow to six hours. */
const LONGEST_PAUSE_MIN = 15;

/** Minutes after which no process works on a job any more, by far: erasing a photo takes a second. */
const DEAD_AFTER_MIN = 10;

/** Minutes that a due erasure may wait for its first attempt before it counts as delayed. */
const LATE_AFTER_MIN = 5;

/** Erasures that failed or were never tried although they are due. */
export interface DelayedErasures {
  count: number;
  /** s since the oldest was requested; 0 when there are none. */
  oldestSeconds: number;
  /** Why the oldest failed; null when it was never tried. */
  reason: string | null;
}

export async function readDelayedErasures(em: SqlEntityManager): Promise<DelayedErasures> {
  const [row] = await em.execute<DelayedErasures[]>(
    `select count(*)::int as count,
       coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "oldestSeconds",
       (array_agg(last_error order by created_at))[1] as reason
     from graphile_worker.jobs
     where task_identifier = ?
       and (last_error is not null or run_at < now() - make_interval(mins => ?))`,
    [ERASE_PHOTOS, LATE_AFTER_MIN],
  );
  return row ?? { count: 0, oldestSeconds: 0, reason: null };
}

/**
 * Keeps erasures going and failing ones visible; runs once a minute. Jobs of killed processes are released (graphile-worker
 * would wait four hours), long pauses are cut short, and jobs that an older release gave up are tried again.
 */
export async function watchErasures(em: SqlEntityManager, log: FastifyBaseLogger): Promise<void> {
  await em.execute(
    `select graphile_worker.force_unlock_workers(array_agg(locked_by)) from graphile_worker.jobs
     where task_identifier = ? and locked_at < now() - make_interval(mins => ?)`,
    [ERASE_PHOTOS, DEAD_AFTER_MIN],
  );
  await em.execute(
    `select graphile_worker.reschedule_jobs(
       array_agg(id), run_at => now() + make_interval(mins => ?), max_attempts => ?
     ) from graphile_worker.jobs
     where task_identifier = ? and locked_at is null and last_error is not null
       and (run_at > now() + make_interval(mins => ?) or attempts >= max_attempts)`,
    [LONGEST_PAUSE_MIN, MAX_ATTEMPTS, ERASE_PHOTOS, LONGEST_PAUSE_MIN],
  );
  const { count, oldestSeconds, reason } = await readDelayedErasures(em);
  if (count > 0) log.error({ count, oldestSeconds, reason }, ERASURES_DELAYED);
}

import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger } from 'fastify';
import { ERASURES_DELAYED } from '../../../contract/log-messages.ts';

/** Name of the job that erases objects of photos. */
export const ERASE_PHOTOS = 'erase_photos';

/** Erasures are retried indefinitely: the largest value of graphile-worker's column. */
export const MAX_ATTEMPTS = 32_767;

/**
 * graphile-worker runs jobs with a smaller number first; the others have 0. While a store hangs, an attempt takes 20 s: the job
 * that reports and retries erasures, and the one that recovers uploads, must not wait behind all erasures.
 */
export const ERASE_PRIORITY = 10;

/** Maximum delay before a failed erasure is retried; graphile-worker's back-off grows to six hours. */
const MAX_RETRY_DELAY_MIN = 15;

/** Age of a lock whose process must have died: erasing a photo takes a second. */
const LOCK_TIMEOUT_MIN = 10;

/** Time that a due erasure may wait for its first attempt before it counts as delayed. */
const LATE_AFTER_MIN = 5;

/** Erasures that failed, or are due and were never attempted. */
export interface DelayedErasures {
  count: number;
  /** s since the oldest was requested; 0 when there are none. */
  oldestSeconds: number;
  /** Error of the oldest; null if it was never attempted. */
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
 * Keeps erasures running and reports delayed ones; runs once a minute. Unlocks jobs of killed processes (graphile-worker would
 * wait four hours), shortens long back-offs, and retries jobs that an older release gave up.
 */
export async function watchErasures(em: SqlEntityManager, log: FastifyBaseLogger): Promise<void> {
  await em.execute(
    `select graphile_worker.force_unlock_workers(array_agg(locked_by)) from graphile_worker.jobs
     where task_identifier = ? and locked_at < now() - make_interval(mins => ?)`,
    [ERASE_PHOTOS, LOCK_TIMEOUT_MIN],
  );
  await em.execute(
    `select graphile_worker.reschedule_jobs(
       array_agg(id), run_at => now() + make_interval(mins => ?), max_attempts => ?
     ) from graphile_worker.jobs
     where task_identifier = ? and locked_at is null and last_error is not null
       and (run_at > now() + make_interval(mins => ?) or attempts >= max_attempts)`,
    [MAX_RETRY_DELAY_MIN, MAX_ATTEMPTS, ERASE_PHOTOS, MAX_RETRY_DELAY_MIN],
  );
  const { count, oldestSeconds, reason } = await readDelayedErasures(em);
  if (count > 0) log.error({ count, oldestSeconds, reason }, ERASURES_DELAYED);
}

import type { FastifyBaseLogger } from 'fastify';
import {
  type CronItem,
  Logger,
  parseCronItems,
  type Runner,
  run,
  type TaskList,
} from 'graphile-worker';
import type { Database } from './database.ts';

/** Jobs a process works on at once: they wait for S3 more than they compute. */
const CONCURRENCY = 2;

/**
 * Works on the jobs that transactions have added (`graphile_worker.add_job`): each once, whatever the number
 * of processes, and again after a crash.
 */
export async function startJobs(
  db: Database,
  { tasks, times }: { tasks: TaskList; times: CronItem[] },
  log: FastifyBaseLogger,
): Promise<Runner> {
  return run({
    pgPool: await db.em.getConnection().getNativeClient(),
    taskList: tasks,
    parsedCronItems: parseCronItems(times),
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    logger: new Logger(() => (level, message, meta) => {
      const failure = meta && 'error' in meta ? { err: meta.error } : {};
      if (level === 'error') log.error(failure, message);
      else if (level === 'warning') log.warn(failure, message);
      else log.debug(message);
    }),
  });
}

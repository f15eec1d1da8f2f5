import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import {
  type CronItem,
  Logger,
  parseCronItems,
  type Runner,
  type RunnerOptions,
  run,
  type TaskList,
} from 'graphile-worker';
import { type Database, poolOf } from './database.ts';

/** Concurrent jobs per process; they mostly wait for S3. */
const CONCURRENCY = 2;

/** Delay before the runner is restarted after a database outage. */
const RESTART_DELAY_MS = 1_000;

/** The jobs of one module, by task name. */
export interface Jobs {
  tasks: TaskList;
  /** Schedules of recurring jobs (UTC). */
  times: CronItem[];
}

/**
 * Runs the jobs added by transactions (`graphile_worker.add_job`). Each runs in one process, and again after a crash.
 */
export async function startJobs(db: Database, kinds: readonly Jobs[], log: FastifyBaseLogger) {
  const options: RunnerOptions = {
    pgPool: await poolOf(db),
    taskList: Object.assign({}, ...kinds.map(({ tasks }) => tasks)),
    parsedCronItems: parseCronItems(kinds.flatMap(({ times }) => times)),
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    // A delay, even of 0, makes graphile-worker 0.18.0 batch and await completions. Without it, a database outage at that moment is
    // an unhandled rejection, which ends the process: https://github.com/graphile/worker/issues/636
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: jobLogger(log),
  };
  return keepRunning(await run(options), () => run(options), log);
}

/** Restarts the runner, which stops when it cannot record the completion of a job; the new runner repeats that job. */
function keepRunning(first: Runner, start: () => Promise<Runner>, log: FastifyBaseLogger) {
  const stopping = new AbortController();
  let runner = first;

  async function watch() {
    await runner.promise.catch(() => {});
    while (!stopping.signal.aborted) {
      log.warn('The job runner stopped; restarting it.');
      await delay(RESTART_DELAY_MS, undefined, stopping).catch(() => {});
      try {
        runner = await start();
        return watch();
      } catch (error) {
        log.warn({ err: error }, 'The job runner cannot start yet; retrying.');
      }
    }
  }
  const watching = watch();

  return {
    /** Waits for running jobs. */
    async stop() {
      stopping.abort();
      await runner.stop().catch(() => {});
      await watching;
    },
  };
}

const jobLogger = (log: FastifyBaseLogger) =>
  new Logger(() => (level, message, meta) => {
    const failure = meta && 'error' in meta ? { err: meta.error } : {};
    if (level === 'error') log.error(failure, message);
    else if (level === 'warning') log.warn(failure, message);
    else log.debug(message);
  });

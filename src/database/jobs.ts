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

/** Concurrent jobs per process: they mostly wait for S3. */
const CONCURRENCY = 2;

/** ms before the runner is restarted after a database outage. */
const RESTART_MS = 1_000;

/** The jobs of one module, by task name. */
export interface Jobs {
  tasks: TaskList;
  /** Schedules of recurring jobs (UTC). */
  times: CronItem[];
}

/**
 * Runs the jobs that transactions have added (`graphile_worker.add_job`): each in one process, and again after a crash.
 */
export async function startJobs(db: Database, kinds: readonly Jobs[], log: FastifyBaseLogger) {
  const options: RunnerOptions = {
    pgPool: await poolOf(db),
    taskList: Object.assign({}, ...kinds.map(({ tasks }) => tasks)),
    parsedCronItems: parseCronItems(kinds.flatMap(({ times }) => times)),
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    // With batching, even of one, completion is awaited: otherwise a database outage at that moment ends the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: jobLogger(log),
  };
  return keepRunning(await run(options), () => run(options), log);
}

/** Restarts the runner, which stops when it cannot record the completion of a job; the next one repeats the job. */
function keepRunning(first: Runner, start: () => Promise<Runner>, log: FastifyBaseLogger) {
  const stopping = new AbortController();
  let runner = first;

  async function watch() {
    await runner.promise.catch(() => {});
    while (!stopping.signal.aborted) {
      log.warn('The jobs have stopped; they start again.');
      await delay(RESTART_MS, undefined, stopping).catch(() => {});
      try {
        runner = await start();
        return watch();
      } catch (error) {
        log.warn({ err: error }, 'The jobs cannot start yet.');
      }
    }
  }
  const watching = watch();

  return {
    /** Lets jobs in progress finish. */
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

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

/** Jobs a process works on at once: they wait for S3 more than they compute. */
const CONCURRENCY = 2;

/** ms until the work begins anew after the database was down. */
const RESTART_MS = 1_000;

/** Work of one part of the product, by the name its jobs are added with. */
export interface Jobs {
  tasks: TaskList;
  /** Which of them run by themselves, and when (UTC). */
  times: CronItem[];
}

/**
 * Works on the jobs that transactions have added (`graphile_worker.add_job`): each once, whatever the number
 * of processes, and again after a crash.
 */
export async function startJobs(db: Database, kinds: readonly Jobs[], log: FastifyBaseLogger) {
  const options: RunnerOptions = {
    pgPool: await poolOf(db),
    taskList: Object.assign({}, ...kinds.map(({ tasks }) => tasks)),
    parsedCronItems: parseCronItems(kinds.flatMap(({ times }) => times)),
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    // In a batch, even of one, the end of a job is waited for: without, a database that is down just then ends the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: jobLogger(log),
  };
  return keepRunning(await run(options), () => run(options), log);
}

/** The runner gives up when it cannot say that a job is done; the next one does the job again. */
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
    /** Lets the jobs under way finish. */
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

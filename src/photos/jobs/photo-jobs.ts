import type { FastifyBaseLogger } from 'fastify';
import type { AppConfig } from '../../config.ts';
import type { Database } from '../../database/database.ts';
import type { Reader } from '../../database/statement.ts';
import type { ImageApi } from '../image-api/client.ts';
import type { Bucket } from '../storage/bucket.ts';
import { deleteOrphans } from './delete-orphans.ts';
import { eraseTask } from './erase.ts';
import { ERASE_PHOTOS, watchErasures } from './erasures.ts';
import { type Cleanup, recoverUploads } from './recover-uploads.ts';

const DAY_MS = 24 * 3600 * 1000;

/** Stalled uploads are recovered within minutes; listing the whole bucket is expensive, so it runs at night. */
const SCHEDULES = {
  // The next run retries what failed.
  uploads: { task: 'recover_uploads', match: '* * * * *', options: { maxAttempts: 1 } },
  orphans: { task: 'delete_orphans', match: '17 3 * * *', options: { backfillPeriod: DAY_MS } },
};

interface JobParts {
  config: AppConfig;
  database: Database;
  pool: Reader;
  bucket: Bucket;
  imageApi: ImageApi;
  log: FastifyBaseLogger;
}

/** Background jobs for photos, and their schedules. */
export function photoJobs({ config, database, pool, bucket, imageApi, log }: JobParts) {
  const cleanup: Cleanup = {
    isDryRun: false,
    report: (action, subject) =>
      log.info({ action, subject }, 'Recovered a stalled upload or deleted an orphan.'),
  };
  return {
    tasks: {
      [ERASE_PHOTOS]: eraseTask(bucket, log),
      [SCHEDULES.uploads.task]: async () => {
        await watchErasures(database.em.fork(), log);
        await recoverUploads({ em: database.em.fork(), pool, bucket, imageApi }, cleanup);
      },
      [SCHEDULES.orphans.task]: async () => {
        await deleteOrphans({ pool, bucket, config }, cleanup);
      },
    },
    times: Object.values(SCHEDULES),
  };
}

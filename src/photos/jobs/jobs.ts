import type { FastifyBaseLogger } from 'fastify';
import type { AppConfig } from '../../config.ts';
import type { Database } from '../../database/database.ts';
import type { ImageApi } from '../image-api/client.ts';
import type { Bucket } from '../storage/bucket.ts';
import { sweepOrphans } from './delete-orphans.ts';
import { eraseTask } from './erase.ts';
import { ERASE_PHOTOS, watchErasures } from './erasures.ts';
import { type Broom, sweepUploads } from './recover-uploads.ts';

const DAY = 24 * 3600 * 1000;

/** When they run: what is lost is missed within minutes; to list the whole bucket costs, and can wait for the night. */
const SWEEPS = {
  // What fails is tried by the next run.
  uploads: { task: 'sweep_uploads', match: '* * * * *', options: { maxAttempts: 1 } },
  orphans: { task: 'sweep_orphans', match: '17 3 * * *', options: { backfillPeriod: DAY } },
};

interface JobParts {
  config: AppConfig;
  database: Database;
  bucket: Bucket;
  imageApi: ImageApi;
  log: FastifyBaseLogger;
}

/** What is done for photos behind the scenes, and when. */
export function photoJobs({ config, database, bucket, imageApi, log }: JobParts) {
  const broom: Broom = {
    isDryRun: false,
    tell: (deed, of) => log.info({ deed, of }, 'Something was lost, and is seen to.'),
  };
  return {
    tasks: {
      [ERASE_PHOTOS]: eraseTask(bucket, log),
      [SWEEPS.uploads.task]: async () => {
        await watchErasures(database.em.fork(), log);
        await sweepUploads({ em: database.em.fork(), bucket, imageApi }, broom);
      },
      [SWEEPS.orphans.task]: async () => {
        await sweepOrphans({ em: database.em.fork(), bucket, config }, broom);
      },
    },
    times: Object.values(SWEEPS),
  };
}

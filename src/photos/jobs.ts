import type { Services } from '../app.ts';
import { ERASE_PHOTOS, eraseTask } from './erase.ts';
import { SWEEPS, sweepOrphans, sweepUploads } from './sweep.ts';

/** What is done for photos behind the scenes, and when. */
export const photoJobs = ({
  config,
  database,
  bucket,
  imageApi,
  log,
}: Pick<Services, 'config' | 'database' | 'bucket' | 'imageApi' | 'log'>) => ({
  tasks: {
    [ERASE_PHOTOS]: eraseTask(bucket, log),
    [SWEEPS.uploads]: () => sweepUploads({ em: database.em.fork(), bucket, imageApi }),
    [SWEEPS.orphans]: async () => {
      const say = (key: string) => log.info({ key }, 'An object without an owner is removed.');
      await sweepOrphans({ em: database.em.fork(), bucket, config }, { isDryRun: false, say });
    },
  },
  // What is lost is missed within minutes; to list the whole bucket costs, and can wait for the night, or the morning after.
  crontab: [`* * * * * ${SWEEPS.uploads}`, `17 3 * * * ${SWEEPS.orphans} ?fill=1d`].join('\n'),
});

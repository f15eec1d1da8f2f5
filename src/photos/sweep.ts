import type { Task } from 'graphile-worker';
import type { Database } from '../database/database.ts';
import { PublicError } from '../errors.ts';
import { Photo } from './photo.ts';
import { makeFailed } from './settle.ts';

/** Name of the job that ends uploads nobody works on any more. */
export const SWEEP_UPLOADS = 'sweep_uploads';

/** ms: a request is read for at most 300 s, the image API has 31 s, and what is left is for slow moments. */
const LOST_AFTER = 600_000;

/**
 * Fails uploads that are PROCESSING although nobody can be working on them: the process died, or the database was down
 * when they ended. What was stored of them is erased.
 */
export const sweepTask =
  (database: Database): Task =>
  async () => {
    const em = database.em.fork();
    const started = new Date(Date.now() - LOST_AFTER);
    const lost = { status: 'PROCESSING', createdAt: { $lt: started } } as const;
    for (const photo of await em.find(Photo, lost)) await makeFailed(em, photo, lostOnTheWay());
  };

const lostOnTheWay = () =>
  new PublicError(
    'PROCESSING_FAILED',
    'The upload was interrupted on our side before the photo was stored. Send it again.',
  );

import type { Reader } from '../../database/statement.ts';
import { FINAL } from '../photo.ts';
import { type PhotoRow, readPhotos } from '../repository.ts';
import type { PhotoEvents } from './notify.ts';

/**
 * Yields a photo in its current state, then after every change of state, until that is final or the photo is deleted.
 * Subscribes before it reads, so no change in between is missed.
 *
 * Not an async generator: `return` of a generator waits for a pending `next`, so the subscription of a client that
 * disconnected would last until the photo changes.
 */
export function followPhoto(photoEvents: PhotoEvents, pool: Reader, photoId: string) {
  const events = photoEvents.subscribe(photoId);
  let lastStatus: PhotoRow['status'] | undefined;
  const end = async () => {
    await events.return?.();
    return { done: true, value: undefined } as const;
  };

  return {
    async next(): Promise<IteratorResult<PhotoRow, undefined>> {
      if (lastStatus && FINAL.includes(lastStatus)) return end();
      for (;;) {
        if (lastStatus && (await events.next()).done) return end();
        const [photo] = await readPhotos(pool, [photoId]);
        if (!photo) return end();
        if (photo.status === lastStatus) continue;
        lastStatus = photo.status;
        return { done: false, value: photo };
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

import type { Reader } from '../../database/statement.ts';
import { FINAL } from '../photo.ts';
import { type PhotoRow, readPhotos } from '../repository.ts';
import type { PhotoEvents } from './notify.ts';

/**
 * A photo as it is now, then at every change of its state, until that is final or the photo is deleted.
 * It starts to listen before it reads: nothing happens unseen in between.
 *
 * By hand rather than as an async generator: that could not be ended while it waits, and a client that left
 * would be listened for until the photo changes.
 */
export function followPhoto(changes: PhotoEvents, pool: Reader, photoId: string) {
  const heard = changes.of(photoId);
  let shown: PhotoRow['status'] | undefined;
  const end = async () => {
    await heard.return?.();
    return { done: true, value: undefined } as const;
  };

  return {
    async next(): Promise<IteratorResult<PhotoRow, undefined>> {
      if (shown && FINAL.includes(shown)) return end();
      for (;;) {
        if (shown && (await heard.next()).done) return end();
        const [photo] = await readPhotos(pool, [photoId]);
        if (!photo) return end();
        if (photo.status === shown) continue;
        shown = photo.status;
        return { done: false, value: photo };
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { read } from '../database/tables.ts';
import type { PhotoChanges } from './changes.ts';
import { FINAL, type Photo } from './photo.ts';

/**
 * A photo as it is now, then at every change of its state, until that is final or the photo is deleted.
 * It starts to listen before it reads: nothing happens unseen in between.
 *
 * By hand rather than as an async generator: that could not be ended while it waits, and a client that left
 * would be listened for until the photo changes.
 */
export function followPhoto(changes: PhotoChanges, em: SqlEntityManager, photoId: string) {
  const heard = changes.of(photoId);
  let shown: Photo['status'] | undefined;
  const end = async () => {
    await heard.return?.();
    return { done: true, value: undefined } as const;
  };

  return {
    async next(): Promise<IteratorResult<Photo, undefined>> {
      if (shown && FINAL.includes(shown)) return end();
      for (;;) {
        if (shown && (await heard.next()).done) return end();
        const photo = await readPhoto(em, photoId);
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

const readPhoto = (em: SqlEntityManager, id: string): Promise<Photo | undefined> =>
  read(em).selectFrom('Photo').selectAll().where('id', '=', id).executeTakeFirst();

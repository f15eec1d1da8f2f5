import {
  type _Object,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isAbsent, isRefused, isUnsupported } from './store-errors.ts';

/** A bucket, the client that opens it, and what its store turned out to offer. */
export interface BucketRef {
  s3: S3Client;
  bucket: string;
  /** Optional operations; each is set to false by the first answer that says so, for the life of the process. */
  offers: { versions: boolean; batchDelete: boolean };
}

/** A key, or one version of it. */
interface ObjectId {
  Key: string;
  VersionId?: string | undefined;
}

/** DELETEs in flight where a store has no batch: the time of a few, without a burst of connections. */
const PARALLEL_DELETES = 16;

/** Lists objects below a prefix, a page (1,000 at most) at a time. */
export async function* listObjects(
  { s3, bucket }: BucketRef,
  prefix: string,
): AsyncGenerator<_Object[]> {
  for await (const { Contents } of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: prefix },
  )) {
    if (Contents) yield Contents;
  }
}

/**
 * Deletes objects, or the given versions of them; absent ones are not an error.
 *
 * @returns keys of which the bucket only hid the bytes behind a delete marker, because it keeps versions
 * @throws when the store kept any of them
 */
export async function deleteObjects(ref: BucketRef, objects: ObjectId[]): Promise<string[]> {
  if (objects.length === 0) return [];
  if (ref.offers.batchDelete) {
    try {
      return await deleteBatch(ref, objects);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  const hidden = await deleteEach(ref, objects);
  // Only now: a right that is missing refuses both ways, and says nothing about the store.
  ref.offers.batchDelete = false;
  return hidden;
}

async function deleteBatch({ s3, bucket }: BucketRef, Objects: ObjectId[]) {
  const { Errors = [], Deleted = [] } = await s3.send(
    new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }),
  );
  const [first] = Errors;
  if (first) throw new Error(`${Errors.length} objects could not be deleted: ${first.Code}`);
  // Of a named version `DeleteMarker` says that the version was one.
  return Deleted.flatMap(({ Key, VersionId, DeleteMarker }) =>
    Key && DeleteMarker && !VersionId ? [Key] : [],
  );
}

async function deleteEach({ s3, bucket }: BucketRef, objects: ObjectId[]) {
  const waiting = [...objects];
  const hidden: string[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const command = new DeleteObjectCommand({ Bucket: bucket, ...next });
      const answer = await s3.send(command).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });
      if (answer?.DeleteMarker && !next.VersionId) hidden.push(next.Key);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_DELETES }, work));
  return hidden;
}

/**
 * Erases everything below a prefix, old versions and delete markers included: a bucket with versions only hides what is
 * deleted. Ends when the store lists nothing any more. Always reads the first page, so the number of objects does not
 * matter, nor does a store whose paging is broken.
 *
 * @returns the erased keys
 * @throws when something is left: the caller tries again later
 */
export async function eraseAll(ref: BucketRef, prefix: string): Promise<string[]> {
  const keys = new Set<string>();
  for (const list of [firstVersions, firstObjects]) {
    const erased = new Set<string>();
    for (let found = await list(ref, prefix); found.length > 0; found = await list(ref, prefix)) {
      const left = found.find((object) => erased.has(idOf(object)));
      if (left) throw new Error(`The store still lists an object after its deletion: ${left.Key}`);
      const [hidden] = await deleteObjects(ref, found);
      if (hidden) throw new Error(`The bucket keeps a version of ${hidden} that it does not list.`);
      for (const object of found) {
        erased.add(idOf(object));
        keys.add(object.Key);
      }
    }
  }
  return [...keys];
}

const idOf = ({ Key, VersionId = '' }: ObjectId) => `${VersionId} ${Key}`;

/** Versions and delete markers, oldest ones included; none where the store has no such list. */
async function firstVersions(ref: BucketRef, prefix: string): Promise<ObjectId[]> {
  const { s3, bucket, offers } = ref;
  if (!offers.versions) return [];
  try {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }));
    const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    return all.flatMap(({ Key, VersionId }) => (Key && VersionId ? [{ Key, VersionId }] : []));
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    offers.versions = false;
    return [];
  }
}

async function firstObjects({ s3, bucket }: BucketRef, prefix: string): Promise<ObjectId[]> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
  );
  return Contents.flatMap(({ Key }) => (Key ? [{ Key }] : []));
}

import {
  type _Object,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { checkList } from './check-list.ts';
import { isAbsent, isRefused, isUnsupported } from './s3-errors.ts';

/** A bucket, its client, and the capabilities of its store. */
export interface BucketRef {
  s3: S3Client;
  bucket: string;
  /** Set to false by the first response that rejects a batch, until the process ends: single deletions are only slower. */
  supports: { batchDelete: boolean };
}

/** A key, or one version of it. */
interface ObjectId {
  Key: string;
  VersionId?: string | undefined;
}

/** Concurrent DELETE requests for a store without batches: fast, without a burst of connections. */
const PARALLEL_DELETES = 16;

/** Maximum pages per erasure (1,000 entries each on Amazon S3); a photo has a few hundred objects. A retry continues. */
const MAX_PAGES = 50;

/**
 * Lists objects below a prefix, in pages of at most 1,000.
 *
 * @throws when the response is not a list, or contains objects outside of the prefix
 */
export async function* listObjects(
  { s3, bucket }: BucketRef,
  prefix: string,
): AsyncGenerator<_Object[]> {
  const pages = paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix });
  for await (const page of pages) {
    const { Contents = [] } = page;
    checkList(page, Contents, prefix);
    if (Contents.length > 0) yield Contents;
  }
}

/**
 * Deletes objects, or the given versions of them; absent ones are not an error.
 *
 * @returns keys that the bucket only hid behind a delete marker, because versioning is on
 * @throws when any of them was not deleted
 */
export async function deleteObjects(ref: BucketRef, objects: ObjectId[]): Promise<string[]> {
  if (objects.length === 0) return [];
  if (ref.supports.batchDelete) {
    try {
      return await deleteBatch(ref, objects);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  const hidden = await deleteEach(ref, objects);
  // Only now: a missing permission rejects both forms, and reveals nothing about the store.
  ref.supports.batchDelete = false;
  return hidden;
}

async function deleteBatch({ s3, bucket }: BucketRef, Objects: ObjectId[]) {
  const { Errors = [], Deleted = [] } = await s3.send(
    new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }),
  );
  const [first] = Errors;
  if (first) throw new Error(`${Errors.length} objects could not be deleted: ${first.Code}`);
  // With a version ID, `DeleteMarker` means that the deleted version was a marker.
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
        if (isAbsent(error)) return;
        waiting.length = 0;
        throw error;
      });
      if (answer?.DeleteMarker && !next.VersionId) hidden.push(next.Key);
    }
  };
  await whenAllEnded(Array.from({ length: PARALLEL_DELETES }, work));
  return hidden;
}

/**
 * The results once all have ended, so that no deletion is still in flight when the caller retries.
 *
 * @throws what the first failed with
 */
export async function whenAllEnded<Result>(promises: Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/**
 * Erases everything below a prefix, including old versions and delete markers: a bucket with versions only hides what is
 * deleted. Ends when the store lists nothing anymore. Each round reads the first page, so the number of objects does not
 * matter, nor does a store whose paging is broken.
 *
 * @returns the erased keys
 * @throws when anything is left, or when old versions may be left: the caller retries
 */
export async function eraseAll(ref: BucketRef, prefix: string): Promise<string[]> {
  let listsVersions = false;
  const versions = await eraseListed(ref, async () => {
    const page = await firstVersions(ref, prefix, listsVersions);
    listsVersions ||= page !== undefined;
    return page ?? [];
  });
  const objects = await eraseListed(ref, () => firstObjects(ref, prefix));
  // An earlier attempt may have hidden the objects behind markers: an empty list of objects proves nothing by itself.
  if (!listsVersions && (await addsMarkers(ref, prefix))) {
    throw new Error(`The bucket keeps versions, but does not list those below ${prefix}.`);
  }
  return [...new Set([...versions, ...objects])];
}

/** Lists and deletes one page after the other until a page is empty. */
async function eraseListed(ref: BucketRef, list: () => Promise<ObjectId[]>) {
  const erased = new Map<string, string>();
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const found = await list();
    if (found.length === 0) return erased.values();
    const left = found.find((object) => erased.has(idOf(object)));
    if (left) throw new Error(`The store still lists an object after its deletion: ${left.Key}`);
    const [hidden] = await deleteObjects(ref, found);
    if (hidden) throw new Error(`The bucket keeps a version of ${hidden} that it does not list.`);
    for (const object of found) erased.set(idOf(object), object.Key);
  }
  throw new Error(`After ${erased.size} deletions the store lists still more objects.`);
}

const idOf = ({ Key, VersionId = '' }: ObjectId) => `${VersionId} ${Key}`;

/**
 * Oldest versions and delete markers included.
 *
 * @param isListed whether the store has listed versions before, so that it must support the operation
 * @returns undefined when the response is not a list of versions: unsupported, or a list of objects instead (fauxqs 2.4.1)
 */
async function firstVersions(
  { s3, bucket }: BucketRef,
  prefix: string,
  isListed: boolean,
): Promise<ObjectId[] | undefined> {
  const request = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix });
  const page = await s3.send(request).catch((error: unknown) => {
    if (isListed || !isUnsupported(error)) throw error;
  });
  if (!page) return undefined;
  const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
  // Only lists of versions contain `KeyMarker`. Without it, entries prove the same.
  const isVersions = page.KeyMarker !== undefined || all.length > 0;
  checkList(page, isVersions ? all : (page.Versions ?? []), prefix);
  if (!isVersions) return isListed ? [] : undefined;
  return all.map(({ Key = '', VersionId }) => ({ Key, VersionId: VersionId || undefined }));
}

async function firstObjects({ s3, bucket }: BucketRef, prefix: string): Promise<ObjectId[]> {
  const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  const { Contents = [] } = page;
  checkList(page, Contents, prefix);
  return Contents.map(({ Key = '' }) => ({ Key }));
}

/**
 * Whether versioning is on: on S3, deleting a missing key then adds a delete marker and reports it. The marker is below the
 * prefix, so the next erasure that can list versions erases it.
 *
 * @throws when the response is not that of a deletion
 */
async function addsMarkers({ s3, bucket }: BucketRef, prefix: string): Promise<boolean> {
  const probe = new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}probe` });
  const answer = await s3.send(probe).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
  if (answer && answer.$metadata.httpStatusCode !== 204) {
    throw new Error(`The store's answer to the deletion of ${prefix}probe is not one of S3.`);
  }
  return answer?.DeleteMarker === true;
}

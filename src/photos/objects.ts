import {
  type _Object,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';

/** A bucket and what opens it. */
export interface Place {
  s3: S3Client;
  bucket: string;
}

/** Objects below a prefix, a page (1,000 at most) at a time. */
export async function* listObjects(
  { s3, bucket }: Place,
  prefix: string,
): AsyncGenerator<_Object[]> {
  for await (const { Contents } of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: prefix },
  )) {
    if (Contents) yield Contents;
  }
}

/** Removes objects; those that are not there are no mistake. */
export async function removeObjects(
  { s3, bucket }: Place,
  objects: { Key: string; VersionId?: string }[],
) {
  if (objects.length === 0) return;
  const { Errors = [] } = await s3.send(
    new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
  );
  const [first] = Errors;
  if (first) throw new Error(`${Errors.length} objects could not be deleted: ${first.Code}`);
}

/**
 * Removes all that begins with the prefix, old versions and their markers too: in a bucket with versions a
 * deleted object is only hidden.
 *
 * @returns the keys that are gone
 */
export async function removeAll(place: Place, prefix: string): Promise<string[]> {
  const keys = new Set<string>();
  for await (const versions of listVersions(place, prefix)) {
    await removeObjects(place, versions);
    for (const { Key } of versions) keys.add(Key);
  }
  for await (const objects of listObjects(place, prefix)) {
    const found = objects.flatMap(({ Key }) => (Key ? [{ Key }] : []));
    await removeObjects(place, found);
    for (const { Key } of found) keys.add(Key);
  }
  return [...keys];
}

async function* listVersions({ s3, bucket }: Place, prefix: string) {
  let next:
    | Pick<ListObjectVersionsCommandOutput, 'NextKeyMarker' | 'NextVersionIdMarker'>
    | undefined = {};
  while (next) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({
        Bucket: bucket,
        Prefix: prefix,
        KeyMarker: next.NextKeyMarker,
        VersionIdMarker: next.NextVersionIdMarker,
      }),
    );
    yield [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].flatMap(({ Key, VersionId }) =>
      Key && VersionId ? [{ Key, VersionId }] : [],
    );
    next = page.IsTruncated ? page : undefined;
  }
}

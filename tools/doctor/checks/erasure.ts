import { setTimeout as delay } from 'node:timers/promises';
import {
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { FOLDERS, imageFolder, stagedKey, temporaryKey } from '../../../contract/keys.ts';
import { fetchResponse } from '../http.ts';
import { CheckFailed, NotChecked } from '../report.ts';
import { type Bucket, readOf } from './bucket.ts';
import type { Variant } from './photo.ts';

/** Everything the doctor has uploaded that may still be in the bucket. */
export interface Traces {
  photoIds: string[];
  variants: Variant[];
  /** Key of the direct upload; undefined if there was none. */
  uploadKey: string | undefined;
}

interface Waiting {
  /** ms to wait for the deletion. */
  timeoutMs: number;
  /** Shortens the wait. */
  stopping?: AbortSignal;
}

const ADVICE =
  'Deletions fail or are late: see /readyz ("erasures"), the metric portrait_erasures_delayed, and the log of the API ("A photo could not be erased").';

/** ms between two listings. */
const POLL_INTERVAL_MS = 250;
/** ms to wait after the doctor was stopped: a deletion takes a second. */
const STOP_TIMEOUT_MS = 5_000;

/** Lists the bucket until no uploaded object, nor any version of one, is left. */
export async function checkBucketEmpty(
  bucket: Bucket,
  traces: Traces,
  waiting: Waiting,
): Promise<string> {
  const prefixes = prefixesOf(traces);
  let hasVersions = true;
  const left = await pollUntilEmpty(waiting, async () => {
    const lists = await Promise.all(prefixes.map((prefix) => listKeys(bucket, prefix)));
    hasVersions = lists.every((list) => list.hasVersions);
    return lists.flatMap(({ keys }) => keys);
  });
  if (left.length > 0) {
    throw new CheckFailed(
      `${left.length} objects are left in the bucket, such as ${left[0]}`,
      ADVICE,
    );
  }
  const what = hasVersions ? 'no object and no old version' : 'no object';
  return `the bucket has ${what} of ${traces.photoIds.length} photos`;
}

function prefixesOf({ photoIds, variants, uploadKey }: Traces) {
  // Folders can be renamed (IMAGE_FOLDER, TEMPORARY_IMAGE_PATH): URLs and keys contain their names.
  const folders = { image: FOLDERS.image as string, temporary: FOLDERS.temporary as string };
  const [variant] = variants;
  const path = variant && new URL(variant.url).pathname.slice(1);
  const id = photoIds.find((one) => path?.includes(`${one}/`));
  if (path && id) folders.image = path.slice(0, path.indexOf(id));
  if (uploadKey) folders.temporary = uploadKey.slice(0, uploadKey.lastIndexOf('/') + 1);
  return photoIds.flatMap((photoId) => [
    imageFolder(photoId, folders.image),
    temporaryKey(photoId, folders.temporary),
    stagedKey(photoId),
  ]);
}

/** Lists objects, and old versions and delete markers if the store supports that. */
async function listKeys({ name: Bucket, client }: Bucket, Prefix: string) {
  const versions = await readOf(
    client.send(new ListObjectVersionsCommand({ Bucket, Prefix })).catch(ifUnsupported),
  );
  const objects = await readOf(client.send(new ListObjectsV2Command({ Bucket, Prefix })));
  const listed = [versions?.Versions, versions?.DeleteMarkers, objects?.Contents];
  const keys = listed.flatMap((list = []) => list.flatMap(({ Key }) => Key ?? []));
  for (const output of [objects, ...(versions ? [versions] : [])]) {
    if (!isListOf(output, Prefix)) throw new NotChecked(`the bucket does not list ${Prefix}`);
  }
  const unrelated = keys.find((key) => !key.startsWith(Prefix));
  if (unrelated) throw new NotChecked(`the bucket lists ${unrelated} for ${Prefix}`);
  // Only lists of versions have a `KeyMarker`. fauxqs 2.4.1 returns a list of objects instead (not reported yet).
  const hasVersions = versions?.KeyMarker !== undefined || (versions?.Versions ?? []).length > 0;
  return { keys, hasVersions };
}

/**
 * The AWS SDK (3.1162) parses an HTML page or an empty body as an empty list; S3 sends both fields with every list.
 *
 * @see https://github.com/aws/aws-sdk-js/issues/1216 (reported for version 2 only)
 */
const isListOf = (
  output: { Prefix?: string | undefined; IsTruncated?: boolean | undefined } | undefined,
  prefix: string,
) => output?.IsTruncated !== undefined && output.Prefix === prefix;

function ifUnsupported(error: unknown): undefined {
  const status = error instanceof S3ServiceException && error.$metadata.httpStatusCode;
  if (status === 501 || status === 405) return undefined;
  throw error;
}

/**
 * Requests the URL of every variant, bypassing caches, until none returns an image. Direct uploads have no public URL:
 * without the bucket, their deletion cannot be checked.
 */
export async function checkUrlsGone({ variants }: Traces, waiting: Waiting): Promise<string> {
  if (variants.length === 0) throw new NotChecked('no photo had variants');
  let cached: string[] = [];
  const open = await pollUntilEmpty(waiting, async () => {
    const states = await Promise.all(variants.map(({ url }) => stateOf(url)));
    cached = variants.flatMap(({ url }, at) => (states[at] === 'cached' ? [url] : []));
    return variants.flatMap(({ url }, at) => (states[at] === 'open' ? [url] : []));
  });
  if (open.length > 0) {
    throw new CheckFailed(
      `${open.length} of ${variants.length} URLs still return an image: ${open[0]}`,
      ADVICE,
    );
  }
  const gone = variants.length - cached.length;
  if (gone === 0) throw new NotChecked('a cache responds to every URL');
  const rest = cached.length > 0 ? `, a cache responds to ${cached.length}` : '';
  return `${gone} of ${variants.length} URLs return no image${rest}; uploads and the bucket were not checked (--bucket)`;
}

type UrlState = 'open' | 'cached' | 'gone';

async function stateOf(url: string): Promise<UrlState> {
  const fresh = new URL(url);
  fresh.searchParams.set('doctor', crypto.randomUUID());
  const { status, headers } = await fetchResponse(fresh, {
    headers: { 'cache-control': 'no-cache' },
  });
  if (status >= 500) throw new NotChecked(`${fresh.origin} responds ${status}`);
  // The web app may respond to unknown paths of this origin.
  const isImage = status < 300 && headers.get('content-type')?.startsWith('image/');
  if (!isImage) return 'gone';
  const isCached = Number(headers.get('age')) > 0 || /^hit/i.test(headers.get('x-cache') ?? '');
  return isCached ? 'cached' : 'open';
}

/** Calls `list` until it is empty or the time is up. @returns the last list */
async function pollUntilEmpty({ timeoutMs, stopping }: Waiting, list: () => Promise<string[]>) {
  const began = Date.now();
  for (;;) {
    const left = await list();
    const limit = stopping?.aborted ? Math.min(timeoutMs, STOP_TIMEOUT_MS) : timeoutMs;
    if (left.length === 0 || Date.now() - began > limit) return left;
    await delay(POLL_INTERVAL_MS);
  }
}

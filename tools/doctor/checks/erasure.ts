import { setTimeout as delay } from 'node:timers/promises';
import {
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { FOLDERS, imageFolder, stagedKey, temporaryKey } from '../../../contract/keys.ts';
import { ask } from '../http.ts';
import { Cross, NotChecked } from '../report.ts';
import { type Bucket, readOf } from './bucket.ts';
import type { Variant } from './photo.ts';

/** Everything of this visit that the bucket may still hold. */
export interface Traces {
  /** Of every photo. */
  photoIds: string[];
  variants: Variant[];
  /** Key of the direct upload; undefined when there was none. */
  uploadKey: string | undefined;
}

/** How long to wait for the erasure, ms, and what ends the wait early. */
interface Waiting {
  patience: number;
  stopping?: AbortSignal;
}

const ADVICE =
  'Erasures fail or are late: /readyz ("erasures"), the metric portrait_erasures_delayed, and the log of the API ("A photo could not be erased") say why.';

/** ms between two looks. */
const PAUSE = 250;
/** ms to wait for once the visit was stopped: an erasure takes a second. */
const LAST_WAIT = 5_000;

/** Looks into the bucket itself until no object of the visit, nor any version of one, is left. */
export async function checkBucketEmpty(
  bucket: Bucket,
  traces: Traces,
  waiting: Waiting,
): Promise<string> {
  const prefixes = prefixesOf(traces);
  let hasVersions = true;
  const left = await untilNone(waiting, async () => {
    const lists = await Promise.all(prefixes.map((prefix) => listKeys(bucket, prefix)));
    hasVersions = lists.every((list) => list.hasVersions);
    return lists.flatMap(({ keys }) => keys);
  });
  if (left.length > 0) {
    throw new Cross(`${left.length} objects are left in the bucket, such as ${left[0]}`, ADVICE);
  }
  const what = hasVersions ? 'no object and no old version' : 'no object';
  return `looked into the bucket: ${what} of ${traces.photoIds.length} photos is left`;
}

function prefixesOf({ photoIds, variants, uploadKey }: Traces) {
  // Folders can be renamed (IMAGE_FOLDER, TEMPORARY_IMAGE_PATH): links and forms show their names.
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

/** With old versions and delete markers, where the store can list them. */
async function listKeys({ name: Bucket, client }: Bucket, Prefix: string) {
  const versions = await readOf(
    client.send(new ListObjectVersionsCommand({ Bucket, Prefix })).catch(ifUnsupported),
  );
  const objects = await readOf(client.send(new ListObjectsV2Command({ Bucket, Prefix })));
  const found = [versions?.Versions, versions?.DeleteMarkers, objects?.Contents];
  const keys = found.flatMap((list = []) => list.flatMap(({ Key }) => Key ?? []));
  for (const answer of [objects, ...(versions ? [versions] : [])]) {
    if (!isListOf(answer, Prefix)) throw new NotChecked(`the bucket does not list ${Prefix}`);
  }
  const stranger = keys.find((key) => !key.startsWith(Prefix));
  if (stranger) throw new NotChecked(`the bucket lists ${stranger} below ${Prefix}`);
  // Only lists of versions have a `KeyMarker`: fauxqs 2.4.1 answers with a list of objects.
  const hasVersions = versions?.KeyMarker !== undefined || (versions?.Versions ?? []).length > 0;
  return { keys, hasVersions };
}

/** The AWS SDK (3.1162) parses an HTML page or an empty body as an empty list; S3 sends both fields with every list. */
const isListOf = (
  answer: { Prefix?: string | undefined; IsTruncated?: boolean | undefined } | undefined,
  prefix: string,
) => answer?.IsTruncated !== undefined && answer.Prefix === prefix;

function ifUnsupported(error: unknown): undefined {
  const status = error instanceof S3ServiceException && error.$metadata.httpStatusCode;
  if (status === 501 || status === 405) return undefined;
  throw error;
}

/**
 * Opens every link of the visit again, past caches, until none shows a picture any more. What was uploaded has no link:
 * without the bucket nobody can tell whether it is gone.
 */
export async function checkLinksDead({ variants }: Traces, waiting: Waiting): Promise<string> {
  if (variants.length === 0) throw new NotChecked('no photo of this visit had links');
  let cached: string[] = [];
  const open = await untilNone(waiting, async () => {
    const looks = await Promise.all(variants.map(({ url }) => lookAt(url)));
    cached = variants.flatMap(({ url }, at) => (looks[at] === 'cached' ? [url] : []));
    return variants.flatMap(({ url }, at) => (looks[at] === 'open' ? [url] : []));
  });
  if (open.length > 0) {
    throw new Cross(`${open.length} of ${variants.length} links still open: ${open[0]}`, ADVICE);
  }
  const dead = variants.length - cached.length;
  if (dead === 0) throw new NotChecked('every link is answered from a cache');
  const rest = cached.length > 0 ? `, ${cached.length} are answered from a cache` : '';
  return `${dead} of ${variants.length} links do not open any more${rest}; uploads and the bucket itself not checked (--bucket)`;
}

type Look = 'open' | 'cached' | 'dead';

async function lookAt(url: string): Promise<Look> {
  const fresh = new URL(url);
  fresh.searchParams.set('doctor', crypto.randomUUID());
  const { status, headers } = await ask(fresh, { headers: { 'cache-control': 'no-cache' } });
  if (status >= 500) throw new NotChecked(`${fresh.origin} answers ${status}`);
  // Where pictures are, the web app may answer for everything else.
  const isPicture = status < 300 && headers.get('content-type')?.startsWith('image/');
  if (!isPicture) return 'dead';
  const isCached = Number(headers.get('age')) > 0 || /^hit/i.test(headers.get('x-cache') ?? '');
  return isCached ? 'cached' : 'open';
}

/** Looks again and again until nothing is found, or the time is up. @returns what is left */
async function untilNone({ patience, stopping }: Waiting, look: () => Promise<string[]>) {
  const began = Date.now();
  for (;;) {
    const found = await look();
    const limit = stopping?.aborted ? Math.min(patience, LAST_WAIT) : patience;
    if (found.length === 0 || Date.now() - began > limit) return found;
    await delay(PAUSE);
  }
}

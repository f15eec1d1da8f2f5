import { ask } from '../http.ts';
import { Cross } from '../report.ts';
import type { Form } from './direct.ts';
import type { Variant } from './photo.ts';

/** Where strangers would look. */
export interface Addresses {
  form: Pick<Form, 'url' | 'key'>;
  /** A picture that may be seen, at its one address, if there is any. */
  picture: Pick<Variant, 'url'> | undefined;
}

/** Whether a fresh upload can be read by strangers; to be asked at once, since it is removed when it is done. */
export async function checkOriginal({ form, picture }: Addresses) {
  const places = [objectUrl(form.url, form.key)];
  if (picture) places.push(new URL(`/${form.key}`, picture.url).href);
  await refuseAll(places, 'the original, GPS and all, can be read by anybody');
  return 'an upload cannot be read, neither in the bucket nor where pictures are';
}

/** Whether the bucket shows nothing by itself: neither its list nor pictures without their headers. */
export async function checkBucketDoor({ form, picture }: Addresses) {
  const places = [form.url];
  if (picture) places.push(objectUrl(form.url, new URL(picture.url).pathname.slice(1)));
  await refuseAll(places, 'the bucket answers strangers');
  return 'the bucket shows nothing to strangers';
}

const objectUrl = (bucketUrl: string, key: string) => `${bucketUrl.replace(/\/$/, '')}/${key}`;

async function refuseAll(places: readonly string[], fault: string) {
  const answers = await Promise.all(places.map((place) => ask(place)));
  const open = places.filter((_, at) => (answers[at]?.status ?? 0) < 300);
  if (open.length === 0) return;
  throw new Cross(
    `${fault}: ${open.join(', ')}`,
    'Block all public access of the bucket, and let CloudFront alone read image/ of it.',
  );
}

import { type Answer, ask } from '../http.ts';
import { Cross } from '../report.ts';
import { drawPicture } from '../test-photo.ts';
import type { Form } from './direct-upload.ts';
import type { Variant } from './photo.ts';

/** Where strangers would look. */
export interface Addresses {
  form: Pick<Form, 'url' | 'key'>;
  /** A picture that may be seen, at its one address, if there is any. */
  picture: Pick<Variant, 'url'> | undefined;
}

const ADVICE = 'Block all public access of the bucket, and let CloudFront alone read image/ of it.';

/** Whether a fresh upload can be read by strangers; to be asked at once, since it is removed when it is done. */
export async function checkOriginal({ form, picture }: Addresses) {
  const places = [objectUrl(form.url, form.key)];
  if (picture) places.push(new URL(`/${form.key}`, picture.url).href);
  // Where pictures are, the page answers for everything else: only the upload itself is a fault.
  const open = await openTo(places, ({ body }) => body.equals(drawPicture()));
  if (open.length === 0) {
    return 'an upload cannot be read, neither in the bucket nor where pictures are';
  }
  throw new Cross(`the original, GPS and all, can be read by anybody: ${open.join(', ')}`, ADVICE);
}

/** Whether the bucket shows nothing by itself: neither its list nor pictures without their headers. */
export async function checkBucketDoor({ form, picture }: Addresses) {
  const places = [form.url];
  if (picture) places.push(objectUrl(form.url, new URL(picture.url).pathname.slice(1)));
  const open = await openTo(places, ({ status }) => status < 300);
  if (open.length === 0) return 'the bucket shows nothing to strangers';
  throw new Cross(`the bucket answers strangers: ${open.join(', ')}`, ADVICE);
}

const objectUrl = (bucketUrl: string, key: string) => `${bucketUrl.replace(/\/$/, '')}/${key}`;

/** Those that give a stranger what they should not. */
async function openTo(places: readonly string[], isOpen: (answer: Answer) => boolean) {
  const answers = await Promise.all(places.map((place) => ask(place)));
  return places.filter((_, at) => answers[at] && isOpen(answers[at]));
}

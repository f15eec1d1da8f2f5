import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../graphql.ts';
import { ask } from '../http.ts';
import { Cross, NotChecked } from '../report.ts';
import { drawPicture } from '../test-photo.ts';
import type { Policy } from './api.ts';
import { checkPhoto, PHOTO, type Photo } from './photo.ts';

export interface Form {
  /** Id of the photo. */
  id: string;
  /** Where the bucket takes it. */
  url: string;
  /** Where it will lie. */
  key: string;
  fields: { name: string; value: string }[];
}

interface Requested {
  requestPhotoUpload: Pick<Form, 'url' | 'fields'> & { photo: { id: string } };
}

/** Asks for a form that goes straight to the bucket. */
export async function requestForm(api: Api) {
  const { requestPhotoUpload } = await api.query<Requested>(
    'mutation { requestPhotoUpload(contentType: "image/png") { url fields { name value } photo { id } } }',
  );
  const { url, fields, photo } = requestPhotoUpload;
  const key = fields.find(({ name }) => name === 'key')?.value ?? '';
  const form: Form = { id: photo.id, url, key, fields };
  return { fact: `a form for ${new URL(url).host}`, form };
}

/** What S3 may say about a form, and what to do then. */
const ADVICE: Record<string, string> = {
  AccessDenied: 'The API signs the form, so it needs s3:PutObject on the folder of uploads itself.',
  SignatureDoesNotMatch: 'See the credentials and AWS_REGION of the API.',
  RequestTimeTooSkewed: 'Set the clock of the API by NTP.',
  NoSuchBucket: 'See PHOTO_BUCKET and AWS_REGION of the API.',
};

/** Sends the form as a page of this origin does. */
export async function sendForm({ url, fields }: Form, origin: string) {
  const body = new FormData();
  for (const { name, value } of fields) body.append(name, value);
  body.append('file', new Blob([drawPicture()], { type: 'image/png' }), 'doctor.png');
  const answer = await ask(url, { method: 'POST', headers: { origin }, body });
  if (answer.status < 300) return { fact: `the bucket took it (${answer.status})`, answer };

  const said = answer.body.toString();
  const code = /<Code>(\w+)<\/Code>/.exec(said)?.[1] ?? `status ${answer.status}`;
  const message = /<Message>([^<]*)<\/Message>/.exec(said)?.[1] ?? said.slice(0, 100);
  throw new Cross(
    `the bucket refused it: ${code}, ${message}`,
    ADVICE[code] ?? 'See the documentation of S3 for this code.',
  );
}

/** ms between two questions. */
const PAUSE = 250;

/** Waits until the image function has told the API what became of the upload. */
export async function awaitCallback(api: Api, { id, policy, patience, stopping }: Awaited) {
  const began = Date.now();
  for (;;) {
    const { photo } = await api.query<{ photo: Photo | null }>(
      `query ($id: ID!) { photo(id: $id) { ${PHOTO} } }`,
      { id },
    );
    if (photo && photo.status !== 'AWAITING_UPLOAD' && photo.status !== 'PROCESSING') {
      return judge(photo, policy, Date.now() - began);
    }
    if (stopping?.aborted) throw new NotChecked('it was stopped');
    if (Date.now() - began > patience) throw lost(patience);
    await delay(PAUSE);
  }
}

interface Awaited {
  id: string;
  policy: Policy;
  /** ms */
  patience: number;
  stopping?: AbortSignal;
}

function judge(photo: Photo, policy: Policy, time: number) {
  if (photo.failure) {
    const { code, message } = photo.failure;
    throw new Cross(`${code}: ${message}`, 'See the log of the queue function.');
  }
  checkPhoto(photo, policy);
  return { fact: `the callback came ${time} ms after the upload`, variants: photo.variants };
}

const lost = (patience: number) =>
  new Cross(
    `no callback within ${patience / 1000} s`,
    "Follow it: the bucket's event to the queue, the queue's function (its log; the dead-letter queue), and CALLBACK_URL and CALLBACK_SECRET, alike for function and API.",
  );

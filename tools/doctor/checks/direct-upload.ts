import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../graphql.ts';
import { fetchResponse } from '../http.ts';
import { CheckFailed, NotChecked } from '../report.ts';
import { drawTestPhoto } from '../test-photo.ts';
import type { Policy } from './api.ts';
import { checkPhoto, PHOTO, type Photo } from './photo.ts';

export interface PresignedPost {
  /** Id of the photo. */
  id: string;
  /** URL to post to. */
  url: string;
  /** Key of the upload. */
  key: string;
  fields: { name: string; value: string }[];
}

interface Requested {
  requestPhotoUpload: Pick<PresignedPost, 'url' | 'fields'> & { photo: { id: string } };
}

/** Requests a presigned POST for a direct upload. */
export async function requestPost(api: Api) {
  const { requestPhotoUpload } = await api.query<Requested>(
    'mutation { requestPhotoUpload(contentType: "image/png") { url fields { name value } photo { id } } }',
  );
  const { url, fields, photo } = requestPhotoUpload;
  const key = fields.find(({ name }) => name === 'key')?.value;
  if (!key)
    throw new CheckFailed(
      'the presigned POST has no key',
      'Update the API and the doctor to the same release.',
    );
  const post: PresignedPost = { id: photo.id, url, key, fields };
  return { fact: `to ${new URL(url).host}`, post };
}

/** What to do about an error of S3, by code. */
const ADVICE: Record<string, string> = {
  AccessDenied: 'The API signs the POST, so it needs s3:PutObject on the folder of uploads itself.',
  SignatureDoesNotMatch: 'Check the credentials and AWS_REGION of the API.',
  RequestTimeTooSkewed: 'Synchronize the clock of the API by NTP.',
  NoSuchBucket: 'Check PHOTO_BUCKET and AWS_REGION of the API.',
};

/** Posts the test photo to the bucket, like a web app of this origin. */
export async function sendPost({ url, fields }: PresignedPost, origin: string) {
  const body = new FormData();
  for (const { name, value } of fields) body.append(name, value);
  body.append('file', new Blob([drawTestPhoto()], { type: 'image/png' }), 'doctor.png');
  const response = await fetchResponse(url, { method: 'POST', headers: { origin }, body });
  if (response.status < 300) return { fact: `accepted (${response.status})`, response };

  const xml = response.body.toString();
  const code = /<Code>(\w+)<\/Code>/.exec(xml)?.[1] ?? `status ${response.status}`;
  const message = /<Message>([^<]*)<\/Message>/.exec(xml)?.[1] ?? xml.slice(0, 100);
  throw new CheckFailed(
    `rejected by the bucket: ${code}, ${message}`,
    ADVICE[code] ?? 'See the S3 documentation for this code.',
  );
}

/** ms between two queries for the status. */
const POLL_INTERVAL_MS = 250;

/** Waits until the image function has reported the outcome of the upload to the API. */
export async function awaitCallback(api: Api, { id, policy, timeoutMs, stopping }: AwaitedUpload) {
  const began = Date.now();
  for (;;) {
    const { photo } = await api.query<{ photo: Photo | null }>(
      `query ($id: ID!) { photo(id: $id) { ${PHOTO} } }`,
      { id },
    );
    if (photo && photo.status !== 'AWAITING_UPLOAD' && photo.status !== 'PROCESSING') {
      return checkOutcome(photo, policy, Date.now() - began);
    }
    if (stopping?.aborted) throw new NotChecked('the doctor was stopped');
    if (Date.now() - began > timeoutMs) throw timedOut(timeoutMs);
    await delay(POLL_INTERVAL_MS);
  }
}

interface AwaitedUpload {
  id: string;
  policy: Policy;
  /** ms */
  timeoutMs: number;
  stopping?: AbortSignal;
}

function checkOutcome(photo: Photo, policy: Policy, time: number) {
  if (photo.failure) {
    const { code, message } = photo.failure;
    throw new CheckFailed(`${code}: ${message}`, 'See the log of the queue function.');
  }
  checkPhoto(photo, policy);
  return { fact: `arrived ${time} ms after the upload`, variants: photo.variants };
}

const timedOut = (timeoutMs: number) =>
  new CheckFailed(
    `no callback within ${timeoutMs / 1000} s`,
    "Check each step: the bucket's event to the queue, the queue function (its log, the dead-letter queue), and that function and API have the same CALLBACK_URL and CALLBACK_SECRET.",
  );

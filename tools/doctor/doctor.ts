import { checkApi, checkForgery, checkHealth, checkReady, type Policy } from './checks/api.ts';
import { checkLifecycle, checkPublicAccess, openBucket } from './checks/bucket.ts';
import { checkClocks } from './checks/clock.ts';
import { checkApiCors, checkBucketCors } from './checks/cors.ts';
import { awaitCallback, type Form, requestForm, sendForm } from './checks/direct-upload.ts';
import { checkBucketEmpty, checkLinksDead, type Traces } from './checks/erasure.ts';
import { uploadNow, type Variant } from './checks/photo.ts';
import { checkBucketDoor, checkOriginal } from './checks/privacy.ts';
import { checkHeaders, checkPictures } from './checks/variants.ts';
import type { Api } from './graphql.ts';
import { type Finding, NotChecked, openReport, type Report } from './report.ts';
import { admit, type Credentials } from './test-account.ts';

export interface Visit {
  /** Of the API and the page, without a slash at its end. */
  url: string;
  /** Of the page that people use. */
  origin: string;
  credentials: Credentials;
  /** Name of the bucket, for whoever has credentials for it. */
  bucket: string | undefined;
  /** Of the store that the bucket is in; undefined for Amazon S3. */
  endpoint?: string | undefined;
  /** ms that a callback, or an erasure, may take. */
  patience: number;
  /** Ends the visit early; what was made is deleted all the same. */
  stopping?: AbortSignal;
}

/** Names of checks. */
const NAMES = {
  api: 'API',
  process: 'process',
  ready: 'dependencies',
  forgery: 'callback route',
  apiCors: 'CORS of the API',
  patient: 'a user for this visit',
  now: 'upload through the API',
  pictures: 'pictures',
  headers: 'headers of pictures',
  form: 'form for a direct upload',
  cors: 'CORS of the bucket',
  clocks: 'clocks',
  sent: 'direct upload',
  original: 'privacy of uploads',
  callback: 'callback',
  door: 'privacy of the bucket',
  publicAccess: 'public access block',
  lifecycle: 'lifecycle',
  leave: 'deletion',
  erased: 'nothing left behind',
} as const;

/** Sends a picture through both routes and looks at all that has a part in it. */
export async function examine(visit: Visit): Promise<Finding[]> {
  const report = openReport(visit.stopping);
  const { url, origin } = visit;
  const api = await report.check(NAMES.api, () => checkApi(url));
  if (!api) {
    report.skip(['everything else'], 'the API does not answer');
    return report.findings;
  }
  await report.check(NAMES.process, () => checkHealth(url));
  await report.check(NAMES.ready, () => checkReady(url));
  await report.check(NAMES.forgery, () => checkForgery(url));
  await report.check(NAMES.apiCors, () => checkApiCors(url, origin));
  await examinePhotos(report, visit, api.policy);
  return report.findings;
}

async function examinePhotos(report: Report, visit: Visit, policy: Policy) {
  const patient = await report.check(NAMES.patient, () => admit(visit.url, visit.credentials));
  if (!patient) {
    const { now, pictures, headers, form, sent, callback } = NAMES;
    report.skip([now, pictures, headers, form, sent, callback], 'nobody is there to send photos');
    return;
  }
  const traces: Traces = { photoIds: [], variants: [], uploadKey: undefined };
  try {
    const picture = await examineAnswerNow(report, { api: patient.api, policy, traces });
    const later = { ...visit, api: patient.api, policy, picture, traces };
    const form = await examineAnswerLater(report, later);
    await examineBucket(report, { ...visit, form, picture });
  } finally {
    const isLeft = await report.finish(NAMES.leave, patient.leave);
    if (isLeft) await report.finish(NAMES.erased, () => checkErased(visit, traces));
    else report.skip([NAMES.erased], 'the API did not delete it');
  }
}

/** In the bucket itself where that can be seen, else by the links that the visit knew. */
async function checkErased(visit: Visit, traces: Traces): Promise<string> {
  try {
    return await checkBucketEmpty(openBucket(visit.bucket, visit.endpoint), traces, visit);
  } catch (error) {
    if (!(error instanceof NotChecked)) throw error;
    return checkLinksDead(traces, visit);
  }
}

interface Now {
  api: Api;
  policy: Policy;
  traces: Traces;
}

/** @returns a picture that may be seen */
async function examineAnswerNow(report: Report, { api, policy, traces }: Now) {
  const upload = await report.check(NAMES.now, () => uploadNow(api, policy));
  if (!upload) {
    report.skip([NAMES.pictures, NAMES.headers], 'there are none');
    return undefined;
  }
  traces.photoIds.push(upload.id);
  traces.variants.push(...upload.variants);
  const seen = await report.check(NAMES.pictures, () => checkPictures(upload.variants));
  if (seen) await report.check(NAMES.headers, () => checkHeaders(seen.answers));
  else report.skip([NAMES.headers], 'they do not open');
  return upload.variants[0];
}

interface Later extends Visit {
  api: Api;
  policy: Policy;
  picture: Variant | undefined;
  traces: Traces;
}

/** @returns the form that was sent */
async function examineAnswerLater(report: Report, later: Later): Promise<Form | undefined> {
  const { api, url, origin, picture, traces } = later;
  const requested = await report.check(NAMES.form, () => requestForm(api));
  if (!requested) {
    report.skip(
      [NAMES.clocks, NAMES.sent, NAMES.original, NAMES.cors, NAMES.callback],
      'there is no form',
    );
    return undefined;
  }
  const { form } = requested;
  traces.photoIds.push(form.id);
  traces.uploadKey = form.key;
  await report.check(NAMES.clocks, () => checkClocks(url, form.url));
  const sent = await report.check(NAMES.sent, () => sendForm(form, origin));
  if (!sent) {
    report.skip([NAMES.original, NAMES.cors, NAMES.callback], 'nothing was uploaded');
    return form;
  }
  // At once: the upload is removed when it is done.
  await report.check(NAMES.original, () => checkOriginal({ form, picture }));
  await report.check(NAMES.cors, () => checkBucketCors(form.url, origin, sent.answer));
  const ready = await report.check(NAMES.callback, () =>
    awaitCallback(api, { ...later, id: form.id }),
  );
  traces.variants.push(...(ready?.variants ?? []));
  return form;
}

interface Known extends Pick<Visit, 'bucket' | 'endpoint'> {
  form: Form | undefined;
  picture: Variant | undefined;
}

async function examineBucket(report: Report, { bucket, endpoint, form, picture }: Known) {
  if (form) await report.check(NAMES.door, () => checkBucketDoor({ form, picture }));
  await report.check(NAMES.publicAccess, async () =>
    checkPublicAccess(openBucket(bucket, endpoint)),
  );
  await report.check(NAMES.lifecycle, async () =>
    checkLifecycle(openBucket(bucket, endpoint), form?.key ?? ''),
  );
}

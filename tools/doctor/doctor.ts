import {
  checkApi,
  checkCallbackRoute,
  checkHealth,
  checkReady,
  type Policy,
} from './checks/api.ts';
import { checkLifecycle, checkPublicAccess, openBucket } from './checks/bucket.ts';
import { checkClocks } from './checks/clock.ts';
import { checkApiCors, checkBucketCors } from './checks/cors.ts';
import {
  awaitCallback,
  type PresignedPost,
  requestPost,
  sendPost,
} from './checks/direct-upload.ts';
import { checkBucketEmpty, checkUrlsGone, type Traces } from './checks/erasure.ts';
import { uploadSynchronously, type Variant } from './checks/photo.ts';
import { checkBucketPrivacy, checkUploadPrivacy } from './checks/privacy.ts';
import { checkVariantHeaders, checkVariants } from './checks/variants.ts';
import type { Api } from './graphql.ts';
import { type CheckResult, NotChecked, openReport, type Report } from './report.ts';
import { type Credentials, openTestAccount } from './test-account.ts';

/** The deployment to check. */
export interface Target {
  /** Of API and web app, without a trailing slash. */
  url: string;
  /** Origin of the web app that people use. */
  origin: string;
  credentials: Credentials;
  /** Name of the bucket, if this machine has credentials for it. */
  bucket: string | undefined;
  /** URL of an S3-compatible store; undefined for Amazon S3. */
  endpoint?: string | undefined;
  /** ms to wait for a callback or a deletion. */
  timeoutMs: number;
  /** Skips the remaining checks; everything created is still deleted. */
  stopping?: AbortSignal;
}

/** Names of the checks. */
const NAMES = {
  api: 'API',
  process: 'API process',
  ready: 'dependencies',
  callbackRoute: 'callback route',
  apiCors: 'API CORS',
  account: 'test account',
  upload: 'synchronous upload',
  variants: 'variants',
  headers: 'variant headers',
  post: 'presigned POST',
  bucketCors: 'bucket CORS',
  clocks: 'clocks',
  directUpload: 'direct upload',
  uploadPrivacy: 'upload privacy',
  callback: 'callback',
  bucketPrivacy: 'bucket privacy',
  publicAccess: 'public access block',
  lifecycle: 'lifecycle rules',
  cleanup: 'cleanup',
  erased: 'objects deleted',
} as const;

/** Uploads a test photo by both routes, and checks every component on the way. */
export async function runDoctor(target: Target): Promise<CheckResult[]> {
  const report = openReport(target.stopping);
  const { url, origin } = target;
  const api = await report.check(NAMES.api, () => checkApi(url));
  if (!api) {
    report.skip(['all other checks'], 'the API does not respond');
    return report.results;
  }
  await report.check(NAMES.process, () => checkHealth(url));
  await report.check(NAMES.ready, () => checkReady(url));
  await report.check(NAMES.callbackRoute, () => checkCallbackRoute(url));
  await report.check(NAMES.apiCors, () => checkApiCors(url, origin));
  await checkPhotos(report, target, api.policy);
  return report.results;
}

async function checkPhotos(report: Report, target: Target, policy: Policy) {
  const account = await report.check(NAMES.account, () =>
    openTestAccount(target.url, target.credentials),
  );
  if (!account) {
    const { upload, variants, headers, post, directUpload, callback } = NAMES;
    const skipped = [upload, variants, headers, post, directUpload, callback];
    report.skip(skipped, 'there is no test account');
    return;
  }
  const traces: Traces = { photoIds: [], variants: [], uploadKey: undefined };
  try {
    const { api } = account;
    const variant = await checkSynchronousUpload(report, { api, policy, traces });
    const post = await checkDirectUpload(report, { ...target, api, policy, traces, variant });
    await checkBucket(report, { ...target, post, variant });
  } finally {
    const isDeleted = await report.finish(NAMES.cleanup, account.cleanUp);
    if (isDeleted) await report.finish(NAMES.erased, () => checkErased(target, traces));
    else report.skip([NAMES.erased], 'the API did not delete the photos');
  }
}

/** Lists the bucket if that is possible, else requests the URLs of the variants. */
async function checkErased(target: Target, traces: Traces): Promise<string> {
  try {
    return await checkBucketEmpty(openBucket(target.bucket, target.endpoint), traces, target);
  } catch (error) {
    if (!(error instanceof NotChecked)) throw error;
    return checkUrlsGone(traces, target);
  }
}

interface SynchronousUpload {
  api: Api;
  policy: Policy;
  traces: Traces;
}

/** @returns a public variant */
async function checkSynchronousUpload(
  report: Report,
  { api, policy, traces }: SynchronousUpload,
): Promise<Variant | undefined> {
  const upload = await report.check(NAMES.upload, () => uploadSynchronously(api, policy));
  if (!upload) {
    report.skip([NAMES.variants, NAMES.headers], 'there are no variants');
    return undefined;
  }
  traces.photoIds.push(upload.id);
  traces.variants.push(...upload.variants);
  const opened = await report.check(NAMES.variants, () => checkVariants(upload.variants));
  if (opened) await report.check(NAMES.headers, () => checkVariantHeaders(opened.responses));
  else report.skip([NAMES.headers], 'the variants do not open');
  return upload.variants[0];
}

interface DirectUpload extends Target, SynchronousUpload {
  variant: Variant | undefined;
}

/** @returns the presigned POST that was used */
async function checkDirectUpload(
  report: Report,
  upload: DirectUpload,
): Promise<PresignedPost | undefined> {
  const { api, url, origin, variant, traces } = upload;
  const requested = await report.check(NAMES.post, () => requestPost(api));
  if (!requested) {
    report.skip(
      [NAMES.clocks, NAMES.directUpload, NAMES.uploadPrivacy, NAMES.bucketCors, NAMES.callback],
      'there is no presigned POST',
    );
    return undefined;
  }
  const { post } = requested;
  traces.photoIds.push(post.id);
  traces.uploadKey = post.key;
  await report.check(NAMES.clocks, () => checkClocks(url, post.url));
  const sent = await report.check(NAMES.directUpload, () => sendPost(post, origin));
  if (!sent) {
    report.skip([NAMES.uploadPrivacy, NAMES.bucketCors, NAMES.callback], 'nothing was uploaded');
    return post;
  }
  // First: the upload is deleted when it has been processed.
  await report.check(NAMES.uploadPrivacy, () => checkUploadPrivacy({ post, variant }));
  await report.check(NAMES.bucketCors, () => checkBucketCors(post.url, origin, sent.response));
  const ready = await report.check(NAMES.callback, () =>
    awaitCallback(api, { ...upload, id: post.id }),
  );
  traces.variants.push(...(ready?.variants ?? []));
  return post;
}

interface UsedBucket extends Pick<Target, 'bucket' | 'endpoint'> {
  post: PresignedPost | undefined;
  variant: Variant | undefined;
}

async function checkBucket(report: Report, { bucket, endpoint, post, variant }: UsedBucket) {
  if (post) await report.check(NAMES.bucketPrivacy, () => checkBucketPrivacy({ post, variant }));
  await report.check(NAMES.publicAccess, async () =>
    checkPublicAccess(openBucket(bucket, endpoint)),
  );
  await report.check(NAMES.lifecycle, async () =>
    checkLifecycle(openBucket(bucket, endpoint), post?.key),
  );
}

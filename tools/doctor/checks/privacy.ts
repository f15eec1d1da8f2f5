import { fetchResponse, type HttpResponse } from '../http.ts';
import { CheckFailed } from '../report.ts';
import { drawTestPhoto } from '../test-photo.ts';
import type { PresignedPost } from './direct-upload.ts';
import type { Variant } from './photo.ts';

/** URLs that an attacker can derive others from. */
export interface KnownUrls {
  post: Pick<PresignedPost, 'url' | 'key'>;
  /** A public variant, if there is one. */
  variant: Pick<Variant, 'url'> | undefined;
}

const ADVICE = 'Block all public access to the bucket, and allow only CloudFront to read image/.';

/** Checks that an upload is not public. To be called right after it: an upload is deleted when it has been processed. */
export async function checkUploadPrivacy({ post, variant }: KnownUrls) {
  const urls = [objectUrl(post.url, post.key)];
  if (variant) urls.push(new URL(`/${post.key}`, variant.url).href);
  // The web app may respond to unknown paths of that origin: only the uploaded bytes are a failure.
  const open = await filterOpen(urls, ({ body }) => body.equals(drawTestPhoto()));
  if (open.length === 0) {
    return 'the upload is neither public in the bucket nor at the origin of variants';
  }
  throw new CheckFailed(`the upload, with its GPS position, is public: ${open.join(', ')}`, ADVICE);
}

/** Checks that the bucket is not public itself: neither its list of objects, nor variants without their security headers. */
export async function checkBucketPrivacy({ post, variant }: KnownUrls) {
  const urls = [post.url];
  if (variant) urls.push(objectUrl(post.url, new URL(variant.url).pathname.slice(1)));
  const open = await filterOpen(urls, ({ status }) => status < 300);
  if (open.length === 0) return 'the bucket rejects anonymous requests';
  throw new CheckFailed(`the bucket accepts anonymous requests: ${open.join(', ')}`, ADVICE);
}

const objectUrl = (bucketUrl: string, key: string) => `${bucketUrl.replace(/\/$/, '')}/${key}`;

/** Filters the URLs whose response to an anonymous request is open. */
async function filterOpen(urls: readonly string[], isOpen: (response: HttpResponse) => boolean) {
  const responses = await Promise.all(urls.map((url) => fetchResponse(url)));
  return urls.filter((_, at) => responses[at] && isOpen(responses[at]));
}

/** Folders of the bucket. Only `image/` is public; objects in the other two are uploads, which expire. */
export const FOLDERS = { image: 'image/', staged: 'staged/', temporary: 'temp/' } as const;

/** For every public object: a key is never reused for another image, so caches need not revalidate. */
export const CACHE_CONTROL = 'public, max-age=31536000, immutable';

/** Key of a photo too large for one Lambda invocation, until the image function reads it (claim check). */
export const stagedKey = (photoId: string) => `${FOLDERS.staged}${photoId}`;

/** Key of a direct upload; its S3 event invokes the image function. */
export const temporaryKey = (photoId: string, folder: string = FOLDERS.temporary) =>
  `${folder}${photoId}`;

/** Metadata of a direct upload (`x-amz-meta-crop`): the crop as `formatCrop` returns it, fixed by the signed policy. */
export const CROP_METADATA = 'crop';

/**
 * Metadata of a direct upload (`x-amz-meta-traceparent`), with tracing: the span of the request that created the upload.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export const TRACE_METADATA = 'traceparent';

/** Folder of all variants of a photo. */
export const imageFolder = (photoId: string, folder: string = FOLDERS.image) =>
  `${folder}${photoId}/`;

/** Photo ids are UUIDs: the only external text that becomes part of a key. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

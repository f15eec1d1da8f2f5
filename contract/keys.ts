/** Folders of the bucket. Uploads land in the first two and expire; only `image/` is ever served. */
export const FOLDERS = { image: 'image/', staged: 'staged/', temporary: 'temp/' } as const;

/** Of every served object: its key is never written with another picture, so nobody needs to ask again. */
export const CACHE_CONTROL = 'public, max-age=31536000, immutable';

/** Where a photo too large for one call waits for the image function (claim check). */
export const stagedKey = (photoId: string) => `${FOLDERS.staged}${photoId}`;

/** Where a browser puts a photo by itself (direct upload); its event wakes the image function. */
export const temporaryKey = (photoId: string, folder: string = FOLDERS.temporary) =>
  `${folder}${photoId}`;

/** Metadata of a direct upload (`x-amz-meta-crop`): the crop as `formatCrop` writes it, pinned by the signed policy. */
export const CROP_METADATA = 'crop';

/** Metadata of a direct upload (`x-amz-meta-traceparent`), where traces are kept: the request that its form is of. @see https://www.w3.org/TR/trace-context/ */
export const TRACE_METADATA = 'traceparent';

/** Folder of everything stored of one photo. */
export const imageFolder = (photoId: string, folder: string = FOLDERS.image) =>
  `${folder}${photoId}/`;

/** UUID, as photo ids are: the only text from outside that becomes part of a key. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

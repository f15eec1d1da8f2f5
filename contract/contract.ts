/**
 * What the API, the image function and the infrastructure agree on, and nothing else:
 * object keys, limits, routes, JSON bodies, error codes and environment names.
 * The one file of this folder that `src/` and `pulumi/` may import.
 */

/** File formats that variants are written in, in the words of the object keys (`400.webp`). */
export const IMAGE_FORMATS = ['webp', 'jpeg', 'avif'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** What an upload may be. The bytes decide, never a file name or a header. */
export const CONTENT_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
  'image/gif',
  'image/heic',
  'image/heif',
] as const;

/** What no setting moves, because the machinery or the product depends on it. */
export const LIMITS = {
  /** Bytes of photo sent inside one call: Lambda takes 6 MiB, base64 costs a third (4,718,592), the rest is envelope. */
  inlineBytes: 4_500_000,
  /** Edge of the clean master, px: 4x the largest square on a dense display, 3.1 million pixels at 4:3. */
  masterSide: 2048,
  /** Shortest edge accepted, px: below it there is no face to show. */
  minSide: 32,
  /** Longest edge accepted, px: WebP's own limit, beyond every camera. */
  maxSide: 16_383,
} as const;

/** What a setting is when the environment says nothing; for the function and the API alike. */
export const DEFAULTS = {
  /** THUMB_DIMENSIONS: sides of the squares, px. */
  sizes: [50, 100, 200, 400],
  /** FORMATS: every format more costs a PUT per picture, which at scale is dearer than its pixels. */
  formats: ['webp'],
  /** BLUR: whether every picture gets a blurred twin. */
  blur: true,
  /** BLUR_RADIUS: sigma of the master's twin, px of the master; the squares' is scaled to their size. */
  blurRadius: 20,
  /** MAX_UPLOAD_BYTES: 25 MiB. */
  maxUploadBytes: 26_214_400,
  /** MAX_PIXELS: 50 million, 200 MB as RGBA. */
  maxPixels: 50_000_000,
} as const;

/** Folders of the bucket. Uploads land in the first two and expire; only `image/` is ever served. */
export const FOLDERS = { image: 'image/', staged: 'staged/', temporary: 'temp/' } as const;

/** Of every served object: its key is never written with another picture, so nobody needs to ask again. */
export const CACHE_CONTROL = 'public, max-age=31536000, immutable';

/** `POST {IMAGE_API_URL}/images/{photoId}`, signed for `execute-api`. */
export const imagePath = (photoId: string) => `/images/${photoId}`;

/** Seconds that a call of the function may take: less than the 30 of API Gateway; a batch of uploads may take longer. */
export const FUNCTION_SECONDS = { http: 28, queue: 60 } as const;

/** Photos that one call from the queue is given: the slowest take some seconds each. */
export const QUEUE_BATCH = 5;

/** Where the API answers, beside `CALLBACK_PATH`. */
export const API_PATHS = {
  graphql: '/graphql',
  playground: '/playground',
  ready: '/readyz',
  metrics: '/metrics',
} as const;

/** Log line of the API (`msg`), once a minute while deleted photos cannot be erased: on AWS it raises an alarm. */
export const ERASURES_DELAYED = 'Deleted photos are still in the bucket.';

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

/** Ways to choose the square. */
export const CROP_STRATEGIES = ['RECTANGLE', 'FOCAL_POINT', 'ATTENTION', 'CENTRE'] as const;
type CropStrategy = (typeof CROP_STRATEGIES)[number];

/** Fractions (0 to 1) of the upright photo. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What to cut: as wished by the caller. */
export type CropWish =
  | { strategy: 'ATTENTION' | 'CENTRE' }
  | { strategy: 'FOCAL_POINT'; x: number; y: number }
  | ({ strategy: 'RECTANGLE' } & Rectangle);

/** What was cut: the rectangle of the squares, as fractions of the upright photo. */
export type Crop = { strategy: CropStrategy } & Rectangle;

/** One stored picture of a photo. Its key is `imageFolder(photoId) + variantFile(variant)`. */
export interface Variant {
  /** `master`, or the side in px: `400`; blurred twins end in `-blurred`. */
  name: string;
  /** px */
  width: number;
  /** px */
  height: number;
  format: ImageFormat;
  /** Size of the object. */
  bytes: number;
  blurred: boolean;
}

/** Name of a picture's object within its photo's folder: `400.webp`, `master-blurred.jpeg`. */
export const variantFile = ({ name, format }: Pick<Variant, 'name' | 'format'>) =>
  `${name}.${format}`;

/** Body of a 200 answer: everything the API keeps of a photo. */
export interface ProcessedPhoto {
  photoId: string;
  /** px of the master */
  width: number;
  /** px of the master */
  height: number;
  variants: Variant[];
  crop: Crop;
  /** ThumbHash of the whole photo, base64: at most 30 bytes to paint before it arrives. */
  placeholder: string;
  /** `#rrggbb` */
  dominantColor: string;
}

/** What can be wrong with a photo: the caller's fault, never retried. Codes are permanent. */
export const PHOTO_PROBLEMS = {
  PHOTO_UNREADABLE: 400,
  PHOTO_TYPE_UNSUPPORTED: 400,
  PHOTO_TOO_LARGE: 413,
  PHOTO_TOO_MANY_PIXELS: 400,
  PHOTO_TOO_SMALL: 400,
  BAD_USER_INPUT: 400,
} as const;
export type PhotoProblem = keyof typeof PHOTO_PROBLEMS;

/** Body of every answer that is not 200. */
export interface ErrorBody {
  error: {
    code: PhotoProblem | 'PROCESSING_FAILED';
    message: string;
    limit?: number;
    actual?: number;
  };
}

/**
 * Body of `POST {CALLBACK_URL}`: that a direct upload is about to be processed, and what became of it. Signed as Standard
 * Webhooks describe (`webhook-id`, `webhook-timestamp`, `webhook-signature` over the raw body); the id is `callbackId(callback)`.
 */
export type Callback =
  | UploadStarted
  | { type: 'photo.ready'; photo: ProcessedPhoto }
  | { type: 'photo.failed'; photoId: string; error: ErrorBody['error'] };

/**
 * Claims a direct upload before any work is done for it. 204: process it. 409 with a `ClaimRefusal`: do not. The same claim is
 * granted again as long as the photo is not final.
 */
export interface UploadStarted {
  type: 'photo.started';
  photoId: string;
  /** Names one write of the object: the same for every delivery of its event. At most `MAX_CLAIM` characters. */
  claim: string;
}

/** S3's sequencers have 16 to 18 hexadecimal digits, message ids of SQS are UUIDs. */
export const MAX_CLAIM = 128;

/** Body of a 409 answer to `UploadStarted`. */
export interface ClaimRefusal {
  /** Processed for another write of the object; ended; or without a row, because it was deleted. */
  photo: 'IN_PROGRESS' | 'FINAL' | 'UNKNOWN';
}

/** The same for every delivery of the same fact, so that a receiver can recognize a repetition. */
export function callbackId(callback: Callback): string {
  switch (callback.type) {
    case 'photo.started':
      return `${callback.type}.${callback.photoId}.${callback.claim}`;
    case 'photo.ready':
      return `${callback.type}.${callback.photo.photoId}`;
    case 'photo.failed':
      return `${callback.type}.${callback.photoId}`;
  }
}

/** Where the API takes callbacks. */
export const CALLBACK_PATH = '/callbacks/photos';

/**
 * JSON body that the image function takes in place of the photo's bytes, for a photo in the bucket: staged or uploaded
 * for this very photo, or the master of another to be cut anew.
 */
export interface PhotoKey {
  key: string;
}

/** Writes a crop wish as one word for a query parameter or object metadata: `attention`, `rectangle:0.1,0,0.5,0.5`. */
export function formatCrop(crop: CropWish): string {
  switch (crop.strategy) {
    case 'RECTANGLE':
      return `rectangle:${crop.x},${crop.y},${crop.width},${crop.height}`;
    case 'FOCAL_POINT':
      return `focal_point:${crop.x},${crop.y}`;
    case 'ATTENTION':
    case 'CENTRE':
      return crop.strategy.toLowerCase();
  }
}

/** Reads what `formatCrop` wrote; undefined when it is no such word or leaves the photo. */
export function parseCrop(word: string): CropWish | undefined {
  const [name, list = ''] = word.split(':', 2);
  const numbers = list === '' ? [] : list.split(',').map(Number);
  if (!numbers.every((value) => value >= 0 && value <= 1)) return undefined;
  const [x, y, width, height] = numbers;

  if (numbers.length === 0 && name === 'attention') return { strategy: 'ATTENTION' };
  if (numbers.length === 0 && name === 'centre') return { strategy: 'CENTRE' };
  if (x === undefined || y === undefined) return undefined;
  if (numbers.length === 2 && name === 'focal_point') return { strategy: 'FOCAL_POINT', x, y };
  if (numbers.length !== 4 || name !== 'rectangle' || !width || !height) return undefined;
  // A rectangle dragged to the edge in floating point may miss it by a rounding error.
  if (x + width > 1 + 1e-6 || y + height > 1 + 1e-6) return undefined;
  return { strategy: 'RECTANGLE', x, y, width, height };
}

/** Settings of the image function, by their environment names; one place for code and infrastructure. */
export const FUNCTION_ENV = [
  'AWS_REGION',
  'S3_ENDPOINT',
  'PHOTO_BUCKET',
  'IMAGE_FOLDER',
  'TEMPORARY_IMAGE_PATH',
  'THUMB_DIMENSIONS',
  'FORMATS',
  'BLUR',
  'BLUR_RADIUS',
  'MAX_UPLOAD_BYTES',
  'MAX_PIXELS',
  'CALLBACK_URL',
  'CALLBACK_SECRET',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
] as const;

/** What a process of the image function is started with, wherever it runs. */
export const PROCESS_ENV = {
  /** glibc would keep the pixels of each thread apart: 247 MiB after eight photos instead of 180. */
  MALLOC_ARENA_MAX: '1',
} as const;

import * as z from 'zod/mini';
import { IMAGE_FORMATS } from '../image.ts';
import { FOLDERS } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { DEFAULTS } from './defaults.ts';
import {
  documented,
  flag,
  httpUrl,
  listOf,
  matching,
  setting,
  someOf,
  whole,
  wholes,
} from './setting.ts';

/**
 * One top-level folder. Folders are compared by name (`checkFolders`): with deeper ones, the folder of the photos could lie
 * inside that of the uploads.
 */
const folder = () => matching('one folder with a slash at its end, such as image/', /^[\w-]+\/$/);

/** Standard Webhooks: 24 to 64 random bytes, which are 32 to 88 characters of base64. */
const WEBHOOK_SECRET =
  /^whsec_(?=.{32,88}$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Settings that the API, the image function and the AWS program share, without defaults. */
export const PHOTO_SETTINGS = {
  AWS_REGION: matching('a region such as eu-central-1', /^[a-z0-9-]+$/),
  S3_ENDPOINT: httpUrl(),
  PHOTO_BUCKET: matching(
    'the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  ),
  IMAGE_FOLDER: folder(),
  TEMPORARY_IMAGE_PATH: folder(),
  THUMB_DIMENSIONS: wholes(16, LIMITS.masterSide),
  FORMATS: someOf(IMAGE_FORMATS),
  BLUR: flag(),
  BLUR_RADIUS: whole(1, 200),
  MAX_UPLOAD_BYTES: whole(1_000, 100 * 1024 * 1024),
  MAX_PIXELS: whole(LIMITS.minSide ** 2, 100_000_000),
  CALLBACK_URL: httpUrl(),
  CALLBACK_SECRET: listOf(
    'whsec_ and 24 to 64 random bytes in base64; two, comma-separated, during a rotation',
    (secret) => WEBHOOK_SECRET.test(secret),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl(),
  OTEL_EXPORTER_OTLP_HEADERS: matching(
    'name=value, comma-separated',
    /^[\w-]+=[^\s,=][^\s,]*(?:,\s*[\w-]+=[^\s,=][^\s,]*)*$/,
  ),
  OTEL_SERVICE_NAME: setting({ must: 'a name', read: (text) => text }),
};

/** The same as environment variables: defaults, and how they are documented. */
export const PHOTO_ENVIRONMENT = {
  S3_ENDPOINT: documented(z.optional(PHOTO_SETTINGS.S3_ENDPOINT), {
    description: 'endpoint of another S3-compatible store',
    absent: "Amazon's",
  }),
  IMAGE_FOLDER: documented(z._default(PHOTO_SETTINGS.IMAGE_FOLDER, FOLDERS.image), {
    description: 'folder of the public photos in the bucket',
  }),
  TEMPORARY_IMAGE_PATH: documented(
    z._default(PHOTO_SETTINGS.TEMPORARY_IMAGE_PATH, FOLDERS.temporary),
    { description: 'folder of direct uploads, which expire' },
  ),
  CALLBACK_URL: documented(z.optional(PHOTO_SETTINGS.CALLBACK_URL), {
    description: 'URL that the image function reports direct uploads to',
    absent: 'embedded',
  }),
  CALLBACK_SECRET: documented(z.optional(PHOTO_SETTINGS.CALLBACK_SECRET), {
    description: '`whsec_…` that signs these reports; two, comma-separated, during a rotation',
    absent: 'embedded',
  }),
  THUMB_DIMENSIONS: documented(z._default(PHOTO_SETTINGS.THUMB_DIMENSIONS, [...DEFAULTS.sizes]), {
    description: 'sides of the square variants, px',
  }),
  FORMATS: documented(z._default(PHOTO_SETTINGS.FORMATS, [...DEFAULTS.formats]), {
    description: `file formats of the square variants, of ${IMAGE_FORMATS.join(', ')}`,
  }),
  BLUR: documented(z._default(PHOTO_SETTINGS.BLUR, DEFAULTS.blur), {
    description: 'blurred variants',
  }),
  BLUR_RADIUS: documented(z._default(PHOTO_SETTINGS.BLUR_RADIUS, DEFAULTS.blurRadius), {
    description: 'sigma of the Gaussian blur, px of the master',
  }),
  MAX_UPLOAD_BYTES: documented(
    z._default(PHOTO_SETTINGS.MAX_UPLOAD_BYTES, DEFAULTS.maxUploadBytes),
    { description: 'maximum size of an upload, bytes' },
  ),
  MAX_PIXELS: documented(z._default(PHOTO_SETTINGS.MAX_PIXELS, DEFAULTS.maxPixels), {
    description: 'maximum width times height of an upload, px',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: documented(z.optional(PHOTO_SETTINGS.OTEL_EXPORTER_OTLP_ENDPOINT), {
    description: 'OpenTelemetry collector that receives traces (OTLP/HTTP)',
    absent: 'no tracing',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: documented(z.optional(PHOTO_SETTINGS.OTEL_EXPORTER_OTLP_HEADERS), {
    description: 'request headers for the collector: `name=value,name=value`',
  }),
};

/**
 * Whether two folders of the bucket, or one of them and that of staged photos, are the same. An upload starts the function: variants
 * written among uploads would start it again without end, and uploads among the variants would be public.
 */
export const foldersClash = (images: string, uploads: string): boolean =>
  new Set([images, uploads, FOLDERS.staged]).size < 3;

/** Reports folders of the environment that clash. */
export function checkFolders(
  env: { IMAGE_FOLDER: string; TEMPORARY_IMAGE_PATH: string },
  report: (name: 'IMAGE_FOLDER', message: string) => void,
): void {
  if (!foldersClash(env.IMAGE_FOLDER, env.TEMPORARY_IMAGE_PATH)) return;
  report(
    'IMAGE_FOLDER',
    `and TEMPORARY_IMAGE_PATH must differ from each other and from ${FOLDERS.staged}`,
  );
}

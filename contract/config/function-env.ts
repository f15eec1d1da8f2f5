/** Environment variables of the image function. */
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

/** Environment of every process of the image function, on AWS and on a laptop. */
export const PROCESS_ENV = {
  /** One malloc arena: with one per thread, glibc holds 247 MiB after eight photos instead of 180. */
  MALLOC_ARENA_MAX: '1',
} as const;

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

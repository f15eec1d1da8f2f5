import * as z from 'zod/mini';
import {
  checkFolders,
  PHOTO_ENVIRONMENT,
  PHOTO_SETTINGS,
} from '../contract/config/photo-settings.ts';
import {
  checkedTogether,
  givenVariables,
  readEnvironment,
} from '../contract/config/read-environment.ts';
import type { ImageFormat } from '../contract/image.ts';

/** How variants are made. */
export interface VariantConfig {
  /** Sides of the squares, px, ascending. */
  sizes: readonly number[];
  formats: readonly ImageFormat[];
  blur: boolean;
  /** Sigma of the blurred master, px of the master. */
  blurRadius: number;
  maxPixels: number;
}

/** The whole configuration of the function. */
export interface FunctionConfig extends VariantConfig {
  region: string;
  /** An S3-compatible store; undefined for Amazon S3. */
  endpoint: string | undefined;
  bucket: string;
  /** Folder of the public variants, with a slash at its end. */
  folder: string;
  /** Folder of direct uploads, with a slash at its end. */
  temporaryFolder: string;
  maxUploadBytes: number;
  /** Receiver of callbacks about direct uploads; undefined when the function only answers requests. */
  callback: CallbackConfig | undefined;
  /** Undefined: no tracing, and its SDK is not loaded. */
  tracing: TracingConfig | undefined;
}

export interface TracingConfig {
  /** URL of an OpenTelemetry collector, without `/v1/traces`. */
  endpoint: string;
  /** Request headers for the collector: `name=value,name=value`. */
  headers: string | undefined;
  /** `service.name` of the spans. */
  service: string;
}

export interface CallbackConfig {
  url: string;
  /** Each signs, so that receivers may know the old secret, the new one or both during a rotation. */
  secrets: readonly string[];
}

const Variables = checkedTogether(
  z.object({
    ...PHOTO_ENVIRONMENT,
    AWS_REGION: PHOTO_SETTINGS.AWS_REGION,
    PHOTO_BUCKET: PHOTO_SETTINGS.PHOTO_BUCKET,
    OTEL_SERVICE_NAME: z._default(PHOTO_SETTINGS.OTEL_SERVICE_NAME, 'portrait-function'),
  }),
  (env, report) => {
    checkFolders(env, report);
    if (env.CALLBACK_URL && !env.CALLBACK_SECRET) {
      report('CALLBACK_SECRET', 'must be set when CALLBACK_URL is set');
    }
    if (env.CALLBACK_SECRET && !env.CALLBACK_URL) {
      report('CALLBACK_URL', 'must be set when CALLBACK_SECRET is set');
    }
  },
);

/**
 * Reads the environment of the function once, when its process starts.
 *
 * @throws one error that lists every mistake
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): FunctionConfig {
  const variables = readEnvironment(Variables, givenVariables(env));
  const { CALLBACK_URL: url, CALLBACK_SECRET: secrets } = variables;
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = variables;
  return {
    region: variables.AWS_REGION,
    endpoint: variables.S3_ENDPOINT,
    bucket: variables.PHOTO_BUCKET,
    folder: variables.IMAGE_FOLDER,
    temporaryFolder: variables.TEMPORARY_IMAGE_PATH,
    sizes: variables.THUMB_DIMENSIONS,
    formats: variables.FORMATS,
    blur: variables.BLUR,
    blurRadius: variables.BLUR_RADIUS,
    maxUploadBytes: variables.MAX_UPLOAD_BYTES,
    maxPixels: variables.MAX_PIXELS,
    callback: url && secrets ? { url, secrets } : undefined,
    tracing: endpoint
      ? {
          endpoint,
          headers: variables.OTEL_EXPORTER_OTLP_HEADERS,
          service: variables.OTEL_SERVICE_NAME,
        }
      : undefined,
  };
}

import {
  DEFAULTS,
  FOLDERS,
  FUNCTION_ENV,
  IMAGE_FORMATS,
  type ImageFormat,
  LIMITS,
} from '../contract/contract.ts';

/** How pictures are made. */
export interface PictureOptions {
  /** Sides of the squares, px, ascending. */
  sizes: readonly number[];
  formats: readonly ImageFormat[];
  blur: boolean;
  /** Sigma of the master's blurred twin, px of the master. */
  blurRadius: number;
  maxPixels: number;
}

/** Every setting of the function. */
export interface FunctionOptions extends PictureOptions {
  region: string;
  /** Another S3 than Amazon's; undefined for Amazon's. */
  endpoint: string | undefined;
  bucket: string;
  /** Folder of the served pictures, ends in a slash. */
  folder: string;
  /** Folder of direct uploads, ends in a slash. */
  temporaryFolder: string;
  maxUploadBytes: number;
  /** Who is told what became of a direct upload; undefined when the function only answers calls. */
  callback: CallbackOptions | undefined;
  /** Undefined: nothing is traced, and what traces is not even loaded. */
  tracing: TracingOptions | undefined;
}

export interface TracingOptions {
  /** Of a collector of OpenTelemetry, before `/v1/traces`. */
  endpoint: string;
  /** What lets us in there: `name=value,name=value`. */
  headers: string | undefined;
  /** What the function is called there. */
  service: string;
}

export interface CallbackOptions {
  url: string;
  /** Every one signs, so that a receiver may know the old one, the new one or both while they change. */
  secrets: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;
type EnvName = (typeof FUNCTION_ENV)[number];

/** One setting: what it must be, in words; how its text is read (undefined: not possible); its default. */
interface Setting<T> {
  must: string;
  read: (text: string) => T | undefined;
  fallback?: T;
  /** Its text is shown to nobody. */
  isSecret?: true;
}

/** Reads every setting once, at start; throws one error that lists all that is wrong. */
export function readOptions(env: Environment): FunctionOptions {
  const mistakes: string[] = [];

  function setting<T>(name: EnvName, { must, read, fallback, isSecret }: Setting<T>): T {
    const text = env[name]?.trim();
    const value = text ? read(text) : fallback;
    if (value !== undefined) return value;
    mistakes.push(`${name} must be ${must}${text && !isSecret ? `, not "${text}"` : ''}.`);
    // Never seen: any mistake ends in the throw below.
    return value as T;
  }

  const options: FunctionOptions = {
    region: setting('AWS_REGION', word('a region such as eu-central-1', /^[a-z0-9-]+$/)),
    endpoint: env.S3_ENDPOINT ? setting('S3_ENDPOINT', httpUrl) : undefined,
    bucket: setting('PHOTO_BUCKET', word('the name of a bucket', /^[a-z0-9][a-z0-9.-]{2,62}$/)),
    folder: setting(
      'IMAGE_FOLDER',
      folder(FOLDERS.image, env.TEMPORARY_IMAGE_PATH || FOLDERS.temporary),
    ),
    temporaryFolder: setting(
      'TEMPORARY_IMAGE_PATH',
      folder(FOLDERS.temporary, env.IMAGE_FOLDER || FOLDERS.image),
    ),
    sizes: setting('THUMB_DIMENSIONS', sizes),
    formats: setting('FORMATS', formats),
    blur: setting('BLUR', { must: 'true or false', read: readFlag, fallback: DEFAULTS.blur }),
    blurRadius: setting('BLUR_RADIUS', between(1, 200, DEFAULTS.blurRadius)),
    maxUploadBytes: setting('MAX_UPLOAD_BYTES', between(1, 2 ** 30, DEFAULTS.maxUploadBytes)),
    maxPixels: setting('MAX_PIXELS', between(LIMITS.minSide ** 2, 2 ** 28, DEFAULTS.maxPixels)),
    callback:
      env.CALLBACK_URL || env.CALLBACK_SECRET
        ? {
            url: setting('CALLBACK_URL', callbackUrl),
            secrets: setting('CALLBACK_SECRET', callbackSecrets),
          }
        : undefined,
    tracing: env.OTEL_EXPORTER_OTLP_ENDPOINT
      ? {
          endpoint: setting('OTEL_EXPORTER_OTLP_ENDPOINT', collectorUrl),
          headers: env.OTEL_EXPORTER_OTLP_HEADERS,
          service: env.OTEL_SERVICE_NAME || 'portrait-function',
        }
      : undefined,
  };
  if (mistakes.length > 0) throw new Error(`Bad environment:\n  ${mistakes.join('\n  ')}`);
  return options;
}

const word = (must: string, pattern: RegExp): Setting<string> => ({
  must,
  read: (text) => (pattern.test(text) ? text : undefined),
});

const between = (least: number, most: number, fallback: number): Setting<number> => ({
  must: `a whole number from ${least} to ${most}`,
  read: (text) => readWhole(text, least, most),
  fallback,
});

const httpUrl: Setting<string> = {
  must: 'an http or https URL',
  read: (text) => (/^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined),
};

/**
 * An upload starts the function, so pictures put among uploads would start it for ever;
 * and uploads put among the pictures would be served as they came.
 */
const folder = (fallback: string, other: string): Setting<string> => ({
  must: `a folder that ends in a slash and shares nothing with ${other} and ${FOLDERS.staged}`,
  read: (text) => {
    const isApart = [other, FOLDERS.staged].every(
      (apart) => !text.startsWith(apart) && !apart.startsWith(text),
    );
    return /^([\w-]+\/)+$/.test(text) && isApart ? text : undefined;
  },
  fallback,
});

/** The SDK's own paths are put behind it. */
const collectorUrl: Setting<string> = {
  ...httpUrl,
  read: (text) => httpUrl.read(text)?.replace(/\/+$/, ''),
};

const callbackUrl = { ...httpUrl, must: `${httpUrl.must}, set together with CALLBACK_SECRET` };

/** Standard Webhooks wants 24 to 64 bytes, which are 32 to 88 characters of base64. */
const SECRET =
  /^whsec_(?=.{32,88}$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const callbackSecrets: Setting<readonly string[]> = {
  must: 'whsec_ and 24 to 64 random bytes in base64, set together with CALLBACK_URL; two, comma-separated, while they change',
  read: (text) => {
    const secrets = text.split(',').map((secret) => secret.trim());
    return secrets.every((secret) => SECRET.test(secret)) ? secrets : undefined;
  },
  isSecret: true,
};

const sizes: Setting<readonly number[]> = {
  must: `different whole numbers from 8 to ${LIMITS.masterSide}, comma-separated`,
  read: (text) => {
    const sides = text.split(',').map((side) => readWhole(side.trim(), 8, LIMITS.masterSide));
    if (!sides.every((side) => side !== undefined)) return undefined;
    return new Set(sides).size === sides.length ? sides.sort((a, b) => a - b) : undefined;
  },
  fallback: DEFAULTS.sizes,
};

const formats: Setting<readonly ImageFormat[]> = {
  must: `different formats of ${IMAGE_FORMATS.join(', ')}, comma-separated`,
  read: (text) => {
    const names = text.split(',').map((name) => name.trim());
    const known = IMAGE_FORMATS.filter((format) => names.includes(format));
    return known.length === names.length ? known : undefined;
  },
  fallback: DEFAULTS.formats,
};

function readFlag(text: string): boolean | undefined {
  if (text === 'true') return true;
  return text === 'false' ? false : undefined;
}

function readWhole(text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined;
}

import { join, resolve } from 'node:path';
import type * as z from 'zod/mini';
import { FUNCTION_ENV } from '../contract/config/function-env.ts';
import { misspelled } from '../contract/config/misspelled.ts';
import { checkFolders } from '../contract/config/photo-settings.ts';
import {
  checkedTogether,
  givenVariables,
  type Report,
  readEnvironment,
} from '../contract/config/read-environment.ts';
import type { Credentials } from '../contract/credentials.ts';
import { Settings } from './settings.ts';

/** The names of all settings. */
export const SETTINGS = Object.keys(Settings.shape);

/** The configuration. Laptop mode embeds every part that is undefined. */
export type Config = ReturnType<typeof readConfig>;

/** A complete configuration, with nothing left to embed. The API starts from it. */
export type AppConfig = Config & {
  [Part in 'databaseUrl' | 'bucket' | 'photoUrl' | 'imageApiUrl' | 'callbackSecrets']: NonNullable<
    Config[Part]
  >;
} & {
  /** Fixed credentials of the embedded services; the AWS SDK uses its default credential chain without them. */
  s3Credentials?: Credentials;
  imageApiCredentials?: Credentials;
  /** URL at which browsers reach the embedded bucket. */
  uploadUrl?: string;
  /** Directory of the built web app; if absent, the API does not serve it. */
  webAppFolder?: string;
  /** Timeout of requests to the image API, for tests of a gateway that hangs. */
  imageApiTimeoutMs?: number;
};

/**
 * Reads every setting once, at start.
 *
 * @throws one error that lists all invalid settings
 */
export function readConfig(env: NodeJS.ProcessEnv) {
  const given = givenVariables(env);
  const settings = readEnvironment(Checked, given);
  const production = settings.NODE_ENV === 'production';

  return {
    production,
    host: settings.HOST,
    port: settings.PORT,
    ...directoriesOf(settings),
    logLevel: settings.LOG_LEVEL,
    playground: settings.PLAYGROUND ?? !production,
    /** Whether `/metrics` is served, without authentication. */
    metrics: settings.METRICS ?? !production,
    /** File with the allowlist of operations (trusted documents); undefined: any operation is accepted. */
    operations: settings.OPERATIONS === 'any' ? undefined : resolve(settings.OPERATIONS),
    /** Other origins that may call the API from a browser. */
    corsOrigins: settings.CORS_ORIGINS,
    /** Number of trusted proxies in front of the API (for `X-Forwarded-For`). */
    proxies: settings.TRUST_PROXY,
    databaseUrl: settings.DATABASE_URL,
    /** ARN of the secret with the database password, which may be rotated; undefined: the URL contains it. */
    databaseSecret: settings.DATABASE_SECRET,
    region: settings.AWS_REGION,
    s3Endpoint: settings.S3_ENDPOINT,
    bucket: settings.PHOTO_BUCKET,
    /** Public URL before `image/…`, without a trailing slash. */
    photoUrl: settings.PHOTO_URL,
    imageApiUrl: settings.IMAGE_API_URL,
    imageFolder: settings.IMAGE_FOLDER,
    temporaryFolder: settings.TEMPORARY_IMAGE_PATH,
    /** Validity of a presigned POST for a direct upload, s. */
    presignedUrlExpiration: settings.PRESIGNED_URL_EXPIRATION,
    /** URL to which the image function reports direct uploads; undefined: this process. */
    callbackUrl: settings.CALLBACK_URL,
    /** Secrets accepted for callback signatures, newest first. */
    callbackSecrets: settings.CALLBACK_SECRET,
    /** Days before abandoned uploads are deleted. */
    expirationDays: settings.EXPIRATION_DAYS,
    /** Edges of the square variants, px, smallest first. */
    sizes: settings.THUMB_DIMENSIONS,
    formats: settings.FORMATS,
    maxUploadBytes: settings.MAX_UPLOAD_BYTES,
    maxPixels: settings.MAX_PIXELS,
    signUp: settings.SIGN_UP,
    firstAdmin: { email: settings.ADMIN_EMAIL, password: settings.ADMIN_PASSWORD },
    jwtSecret: settings.JWT_SECRET,
    /** Additional secret accepted when verifying tokens: first the next, then the previous one, during a rotation. */
    jwtSecretOther: settings.JWT_SECRET_OTHER,
    /** OpenID provider; when set, passwords are disabled. */
    identityProvider: providerOf(settings),
    rates: ratesOf(settings),
    tracing: tracingOf(settings),
    linkAllowPrivate: settings.LINK_ALLOW_PRIVATE,
    /** Logged at start. */
    warnings: misspelled(Object.keys(given), SETTINGS),
    /** Environment of the embedded image function, unparsed; the function validates it. */
    functionEnv: pick(given, FUNCTION_ENV),
  };
}

const providerOf = ({
  AUTH_ISSUER: issuer,
  AUTH_AUDIENCE: audience,
  AUTH_MAX_TOKEN_LIFETIME: maxTokenLifetime,
}: Environment) => (issuer && audience ? { issuer, audience, maxTokenLifetime } : undefined);

const directoriesOf = ({ DATA_DIR, UPLOAD_DIR }: Environment) => ({
  dataDir: resolve(DATA_DIR),
  /** Parent directory for incoming uploads; each process has its own subdirectory. */
  uploadDir: resolve(UPLOAD_DIR ?? join(DATA_DIR, 'uploads')),
});

const ratesOf = (settings: Environment) => ({
  /** Failed sign-ins per account and address before exponential back-off starts. */
  signIn: settings.RATE_SIGN_IN,
  /** New accounts per address and hour. */
  signUp: settings.RATE_SIGN_UP,
  /** Attempts per user and hour to change e-mail address, username or password. */
  account: settings.RATE_ACCOUNT,
  /** Photos per user and hour. */
  upload: settings.RATE_UPLOAD,
});

/** Undefined: tracing is off, and its modules are not loaded. */
const tracingOf = (settings: Environment) =>
  settings.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
    ? undefined
    : {
        /** Base URL of an OpenTelemetry collector, before `/v1/traces`. */
        endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
        /** Headers for the collector, such as an API key: `name=value,name=value`. */
        headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
        service: settings.OTEL_SERVICE_NAME,
        /** Share of requests that are traced when the caller made no sampling decision. */
        share: settings.OTEL_TRACES_SAMPLER_ARG,
      };

/** Whether no part is left to embed. */
export const isComplete = (config: Config): config is AppConfig =>
  Boolean(
    config.databaseUrl &&
      config.bucket &&
      config.photoUrl &&
      config.imageApiUrl &&
      config.callbackSecrets &&
      (config.jwtSecret || config.identityProvider),
  );

function pick(env: Record<string, string | undefined>, names: readonly string[]) {
  const entries = names.flatMap((name) =>
    env[name] === undefined ? [] : [[name, env[name]] as const],
  );
  return Object.fromEntries(entries);
}

/** Production must not fall back to embedded parts because a variable is missing. */
const REQUIRED_IN_PRODUCTION = [
  'DATABASE_URL',
  'PHOTO_BUCKET',
  'PHOTO_URL',
  'IMAGE_API_URL',
  'CALLBACK_SECRET',
] as const;

type Environment = z.output<typeof Settings>;

const Checked = checkedTogether(Settings, (env, report) => {
  checkTogether(env, report);
  if (env.NODE_ENV === 'production') checkProduction(env, report);
});

function checkTogether(env: Environment, report: Report<Environment>) {
  if (Boolean(env.AUTH_ISSUER) !== Boolean(env.AUTH_AUDIENCE)) {
    report('AUTH_ISSUER', 'and AUTH_AUDIENCE must be set together');
  }
  if (env.DATABASE_SECRET && !env.DATABASE_URL) {
    report('DATABASE_URL', 'must be set when DATABASE_SECRET is set');
  }
  if (env.DATABASE_SECRET && URL.parse(env.DATABASE_URL ?? '')?.password) {
    report('DATABASE_URL', 'must not contain a password when DATABASE_SECRET is set');
  }
  if (env.JWT_SECRET_OTHER && !env.JWT_SECRET) {
    report('JWT_SECRET', 'must be set when JWT_SECRET_OTHER is set');
  }
  if (env.S3_ENDPOINT && !env.PHOTO_BUCKET) {
    report('PHOTO_BUCKET', 'must be set when S3_ENDPOINT is set');
  }
  checkFolders(env, report);
}

function checkProduction(env: Environment, report: Report<Environment>) {
  for (const name of REQUIRED_IN_PRODUCTION) {
    if (!env[name]) report(name, 'must be set when NODE_ENV is production');
  }
  if (!env.JWT_SECRET && !env.AUTH_ISSUER) {
    report('JWT_SECRET', 'or AUTH_ISSUER must be set when NODE_ENV is production');
  }
  if (env.LINK_ALLOW_PRIVATE) {
    report('LINK_ALLOW_PRIVATE', 'is for tests and must be off when NODE_ENV is production');
  }
}

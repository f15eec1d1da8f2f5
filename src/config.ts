import { join, resolve } from 'node:path';
import * as z from 'zod/mini';
import { FUNCTION_ENV } from '../contract/config/function-env.ts';
import { checkFolders } from '../contract/config/photo-settings.ts';
import {
  givenVariables,
  misspelled,
  readEnvironment,
} from '../contract/config/read-environment.ts';
import { Settings } from './settings.ts';

/** The names of all settings. */
export const SETTINGS = Object.keys(Settings.shape);

/** Everything the product can be told, read once. What is undefined is embedded by the laptop mode. */
export type Config = ReturnType<typeof readConfig>;

/** A config with nothing left to embed: what the API itself starts from. */
export type AppConfig = Config & {
  [Part in 'databaseUrl' | 'bucket' | 'photoUrl' | 'imageApiUrl' | 'callbackSecrets']: NonNullable<
    Config[Part]
  >;
} & {
  s3Credentials?: Credentials;
  imageApiCredentials?: Credentials;
  /** Where browsers reach the embedded bucket. */
  uploadUrl?: string;
  /** Folder of the built page; without it the API serves none. */
  page?: string;
  /** ms until the image API is given up; for tests of a gateway that hangs. */
  imageApiTimeout?: number;
};

/** Fixed keys of the embedded parts; without them the AWS SDK looks where it always does. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/**
 * Reads every setting once, at start.
 *
 * @throws one error that lists all that is wrong
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
    /** Whether `/metrics` answers, to whoever can reach it. */
    metrics: settings.METRICS ?? !production,
    /** The list of the only operations that are answered; undefined: any operation is. */
    operations: settings.OPERATIONS === 'any' ? undefined : resolve(settings.OPERATIONS),
    /** Pages of other origins that may call the API from a browser. */
    corsOrigins: settings.CORS_ORIGINS,
    /** How many proxies stand before the API, each of which adds to X-Forwarded-For whom it was called by. */
    proxies: settings.TRUST_PROXY,
    databaseUrl: settings.DATABASE_URL,
    /** ARN of the secret that holds the database's password, which may change; undefined: the URL has it. */
    databaseSecret: settings.DATABASE_SECRET,
    region: settings.AWS_REGION,
    s3Endpoint: settings.S3_ENDPOINT,
    bucket: settings.PHOTO_BUCKET,
    /** Public address before `image/…`, without a slash at its end. */
    photoUrl: settings.PHOTO_URL,
    imageApiUrl: settings.IMAGE_API_URL,
    imageFolder: settings.IMAGE_FOLDER,
    temporaryFolder: settings.TEMPORARY_IMAGE_PATH,
    /** How long the form of a direct upload is good, s. */
    presignedUrlExpiration: settings.PRESIGNED_URL_EXPIRATION,
    /** Where the image function reports direct uploads; undefined: to this very process. */
    callbackUrl: settings.CALLBACK_URL,
    /** One of these signs a callback; the first is the newest. */
    callbackSecrets: settings.CALLBACK_SECRET,
    /** After so many days an upload that nothing came of is removed. */
    expirationDays: settings.EXPIRATION_DAYS,
    /** Edges of the square variants, px, smallest first. */
    sizes: settings.THUMB_DIMENSIONS,
    formats: settings.FORMATS,
    maxUploadBytes: settings.MAX_UPLOAD_BYTES,
    maxPixels: settings.MAX_PIXELS,
    signUp: settings.SIGN_UP,
    firstAdmin: { email: settings.ADMIN_EMAIL, password: settings.ADMIN_PASSWORD },
    jwtSecret: settings.JWT_SECRET,
    /** Its tokens are taken too: the next secret, then the last one, while they change. */
    jwtSecretOther: settings.JWT_SECRET_OTHER,
    /** An outside provider of identities; with it passwords are not used. */
    identityProvider: providerOf(settings),
    rates: ratesOf(settings),
    tracing: tracingOf(settings),
    linkAllowPrivate: settings.LINK_ALLOW_PRIVATE,
    /** To be logged at start. */
    warnings: misspelled(env, SETTINGS),
    /** What an embedded image function is told, as it was written; it reads and checks it itself. */
    functionEnv: pick(given, FUNCTION_ENV),
  };
}

const providerOf = ({
  AUTH_ISSUER: issuer,
  AUTH_AUDIENCE: audience,
  AUTH_MAX_TOKEN_LIFETIME: maxTokenLifetime,
}: z.output<typeof Settings>) =>
  issuer && audience ? { issuer, audience, maxTokenLifetime } : undefined;

const directoriesOf = ({ DATA_DIR, UPLOAD_DIR }: z.output<typeof Settings>) => ({
  dataDir: resolve(DATA_DIR),
  /** Where uploads are spooled; each process has a directory of its own in it. */
  uploadDir: resolve(UPLOAD_DIR ?? join(DATA_DIR, 'uploads')),
});

const ratesOf = (settings: z.output<typeof Settings>) => ({
  /** Wrong passwords for one account from one address before each further one has to wait. */
  signIn: settings.RATE_SIGN_IN,
  /** New accounts from one address in an hour. */
  signUp: settings.RATE_SIGN_UP,
  /** Attempts of one user in an hour to change e-mail address, username or password. */
  account: settings.RATE_ACCOUNT,
  /** Photos of one user in an hour. */
  upload: settings.RATE_UPLOAD,
});

/** Undefined: nothing is traced, and what traces is not even loaded. */
const tracingOf = (settings: z.output<typeof Settings>) =>
  settings.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
    ? undefined
    : {
        /** Of an OpenTelemetry collector, before `/v1/traces`. */
        endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
        /** What lets us in there: `name=value,name=value`. */
        headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
        service: settings.OTEL_SERVICE_NAME,
        /** Share of the requests that are traced, of those whose caller did not say. */
        share: settings.OTEL_TRACES_SAMPLER_ARG,
      };

/** Whether nothing is left to embed. */
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

/** A production machine must not start on embedded parts because a variable was forgotten. */
const REQUIRED_IN_PRODUCTION = [
  'DATABASE_URL',
  'PHOTO_BUCKET',
  'PHOTO_URL',
  'IMAGE_API_URL',
  'CALLBACK_SECRET',
] as const;

const Checked = Settings.check(
  z.check(
    ({ value, issues }) => {
      const report = (name: keyof z.output<typeof Settings>, message: string) =>
        issues.push({ code: 'custom', path: [name], message, input: value });
      checkTogether(value, report);
      if (value.NODE_ENV === 'production') checkProduction(value, report);
    },
    // Also when single variables are invalid: all mistakes are reported together.
    { when: () => true },
  ),
);

type Report = (name: keyof z.output<typeof Settings>, message: string) => void;

function checkTogether(env: z.output<typeof Settings>, report: Report) {
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
  const folders = checkFolders(env.IMAGE_FOLDER, env.TEMPORARY_IMAGE_PATH);
  if (folders) report('IMAGE_FOLDER', folders);
}

function checkProduction(env: z.output<typeof Settings>, report: Report) {
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

import { DEFAULTS } from '../../contract/config/defaults.ts';
import { PHOTO_SETTINGS } from '../../contract/config/photo-settings.ts';
import {
  flag,
  listOf,
  matching,
  oneOf,
  someOf,
  urlMatching,
  whole,
} from '../../contract/config/setting.ts';
import { FOLDERS } from '../../contract/keys.ts';
import { optional, optionalSecret, stackSetting } from './stack-setting.ts';

/** Bucket-wide settings, which may affect other users of an existing bucket. */
export const BUCKET_SETTINGS = [
  'cors',
  'lifecycle',
  'notification',
  'policy',
  'publicAccessBlock',
] as const;

/** Retention periods that CloudWatch accepts. */
const LOG_RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const;

const TOKEN_SECRET = /^[^\s"\\]{32,}$/;
const TOKEN_SECRET_FORMAT =
  'at least 32 characters of random text without spaces, quotes and backslashes';
const EMAIL = /^(?!\.)(?!.*\.\.)[\w'+.-]*[\w+-]@(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}$/i;

/** Photo processing. */
const photos = {
  sizes: stackSetting(PHOTO_SETTINGS.THUMB_DIMENSIONS, {
    fallback: [...DEFAULTS.sizes],
    unit: 'px',
    meaning: 'Sides of the square variants.',
  }),
  formats: stackSetting(PHOTO_SETTINGS.FORMATS, {
    fallback: [...DEFAULTS.formats],
    meaning: 'File formats of the square variants; each one adds a write per size.',
  }),
  blur: stackSetting(PHOTO_SETTINGS.BLUR, {
    fallback: DEFAULTS.blur,
    meaning: 'Whether blurred variants are created.',
  }),
  blurRadius: stackSetting(PHOTO_SETTINGS.BLUR_RADIUS, {
    fallback: DEFAULTS.blurRadius,
    unit: 'px of the master',
    meaning: 'Sigma of the Gaussian blur.',
  }),
  maxUploadBytes: stackSetting(PHOTO_SETTINGS.MAX_UPLOAD_BYTES, {
    fallback: DEFAULTS.maxUploadBytes,
    unit: 'bytes',
    meaning: 'Maximum size of an upload.',
  }),
  maxPixels: stackSetting(PHOTO_SETTINGS.MAX_PIXELS, {
    fallback: DEFAULTS.maxPixels,
    unit: 'px',
    meaning: 'Maximum width times height of an upload.',
  }),
  presignedUrlExpiration: stackSetting(whole(30, 3_600), {
    fallback: 300,
    unit: 's',
    meaning: 'Lifetime of a presigned upload.',
  }),
  expirationDays: stackSetting(whole(1, 365), {
    fallback: 1,
    unit: 'days',
    meaning: 'Days before abandoned uploads are deleted.',
  }),
  // Lambda gives 1 vCPU at 1,769 MB; an AVIF photo of 48 megapixels needs 1 GB.
  functionMemory: stackSetting(whole(1_024, 10_240), {
    fallback: 1_769,
    unit: 'MB',
    meaning: 'Memory of each image function, which determines its share of a CPU.',
  }),
  queueConcurrency: stackSetting(whole(2, 1_000), {
    fallback: 5,
    unit: 'function instances',
    meaning: 'Direct uploads processed concurrently; others wait in the queue.',
  }),
};

/** Photo storage. */
const bucket = {
  existingBucket: optional(
    matching(
      'the name of a bucket in this account and region, without dots',
      /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    ),
    // The wildcard certificate of S3 does not cover names with dots.
    'Existing bucket for the photos, instead of a new one.',
  ),
  bucketSettings: stackSetting(someOf(BUCKET_SETTINGS), {
    fallback: [],
    meaning: 'Settings of the existing bucket that may be replaced; all others are kept.',
  }),
  versioned: stackSetting(flag(), {
    fallback: false,
    meaning: 'Whether versioning of the new bucket is on; old versions expire like uploads.',
  }),
  imageFolder: stackSetting(PHOTO_SETTINGS.IMAGE_FOLDER, {
    fallback: FOLDERS.image,
    meaning: 'Folder of the public photos.',
  }),
  temporaryFolder: stackSetting(PHOTO_SETTINGS.TEMPORARY_IMAGE_PATH, {
    fallback: FOLDERS.temporary,
    meaning: 'Folder of direct uploads.',
  }),
};

/** The API and its access. */
const api = {
  instanceType: stackSetting(
    matching(
      'an arm64 (Graviton) instance type such as t4g.small',
      /^[a-z]+\d+g[a-z]*\.[a-z0-9]+$/,
    ),
    {
      fallback: 't4g.small',
      meaning: 'Instance type of the API.',
    },
  ),
  minInstances: stackSetting(whole(1, 100), {
    fallback: 2,
    unit: 'instances',
    meaning: 'Minimum number of instances; two survive the loss of an availability zone.',
  }),
  maxInstances: stackSetting(whole(1, 100), {
    fallback: 4,
    unit: 'instances',
    meaning: 'Maximum number of instances; they are added while CPU utilization is above 60 %.',
  }),
  signUp: stackSetting(oneOf(['open', 'closed']), {
    fallback: 'open',
    meaning: 'Whether anyone can sign up; closed: only admins create users.',
  }),
  playground: stackSetting(flag(), {
    fallback: false,
    meaning: 'Whether /playground and introspection are enabled.',
  }),
  operations: stackSetting(oneOf(['any', 'listed']), {
    fallback: 'any',
    meaning: 'Accepted operations: any, or only the allowlist of the web app and the playground.',
  }),
  adminEmail: stackSetting(matching('an e-mail address', EMAIL), {
    fallback: 'admin@portrait.local',
    meaning: 'First admin, created in an empty database.',
  }),
  adminPassword: optionalSecret(
    matching('8 to 128 characters without spaces, quotes and backslashes', /^[^\s"\\]{8,128}$/),
    'Password of the first admin; generated by default.',
  ),
  jwtSecret: optionalSecret(
    matching(TOKEN_SECRET_FORMAT, TOKEN_SECRET),
    'Secret that signs tokens; generated by default. Replacing it ends all sessions.',
  ),
  jwtSecretOther: optionalSecret(
    matching(TOKEN_SECRET_FORMAT, TOKEN_SECRET),
    'Additional secret accepted when verifying tokens; rotates jwtSecret without signing users out.',
  ),
  callbackSecret: stackSetting(PHOTO_SETTINGS.CALLBACK_SECRET, {
    fallback: [],
    meaning: 'Secret that signs the callbacks of the image function; generated by default.',
    isSecret: true,
  }),
  authIssuer: optional(
    urlMatching('an https URL, set together with authAudience', /^https:\/\/[^\s"\\]+$/),
    'Issuer of an outside OpenID provider, which replaces passwords.',
  ),
  authAudience: optional(
    matching('text without spaces, set together with authIssuer', /^[^\s"\\]+$/),
    'Audience that the tokens of the outside provider must have.',
  ),
  corsOrigins: stackSetting(
    listOf(
      'origins such as https://example.org, comma-separated',
      (text) => /^https?:/.test(text) && URL.parse(text)?.origin === text,
    ),
    {
      fallback: [],
      meaning: 'Additional origins whose pages may call the API and send direct uploads.',
    },
  ),
  logLevel: stackSetting(oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace']), {
    fallback: 'info',
    meaning: 'Minimum log level of the API.',
  }),
};

/** The database. */
const database = {
  databaseClass: stackSetting(
    matching('an RDS instance class such as db.t4g.micro', /^db\.[a-z]+\d+[a-z]*\.[a-z0-9]+$/),
    {
      fallback: 'db.t4g.micro',
      meaning: 'Instance class of the database.',
    },
  ),
  databaseStorage: stackSetting(whole(20, 16_384), {
    fallback: 20,
    unit: 'GiB',
    meaning: 'Initial storage of the database; it grows automatically to five times that.',
  }),
  databaseMultiAz: stackSetting(flag(), {
    fallback: false,
    meaning: 'Whether a standby in another availability zone takes over within two minutes.',
  }),
  databaseBackupDays: stackSetting(whole(1, 35), {
    fallback: 7,
    unit: 'days',
    meaning: 'Period of point-in-time recovery of the database.',
  }),
};

/** Domain, monitoring and cost. */
const operation = {
  artifacts: stackSetting(matching('a folder', /^[^\0]+$/), {
    fallback: '../dist',
    meaning: 'Output folder of "npm run bundle", relative to pulumi/.',
  }),
  domain: optional(
    matching(
      'a host name such as photos.example.com, with hostedZoneId or certificateArn',
      /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/,
    ),
    'Custom domain of the web app and the API; a CloudFront domain by default.',
  ),
  hostedZoneId: optional(
    matching('the id of a Route 53 hosted zone, set together with domain', /^Z[A-Z0-9]{5,31}$/),
    'Hosted zone for the records of the domain, which also validate its certificate.',
  ),
  certificateArn: optional(
    matching(
      'the ARN of an ACM certificate in us-east-1, set together with domain',
      /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[a-f0-9-]+$/,
    ),
    'Certificate of the domain; without it one is created, which requires hostedZoneId.',
  ),
  alarmEmail: optional(
    matching('an e-mail address', EMAIL),
    'Recipient of alarms and budget notifications, after confirming the first e-mail.',
  ),
  monthlyBudget: stackSetting(whole(0, 1_000_000), {
    fallback: 100,
    unit: 'USD',
    meaning:
      'Monthly budget of the account; an e-mail is sent when the forecast exceeds it. 0 for none.',
  }),
  logDays: stackSetting(oneOf(LOG_RETENTION_DAYS), {
    fallback: 30,
    unit: 'days',
    meaning: 'Retention of logs.',
  }),
  otlpEndpoint: optional(
    urlMatching(
      'an http or https URL that instances and functions can reach',
      /^https?:\/\/[^\s"\\]+$/,
    ),
    'OpenTelemetry collector that receives traces; no tracing without it.',
  ),
  tracePercent: stackSetting(whole(0, 100), {
    fallback: 100,
    unit: '% of the requests',
    meaning: 'Share of requests that are traced, unless the caller has decided.',
  }),
  otlpHeaders: optionalSecret(
    matching(
      'name=value, comma-separated, in the format of OTEL_EXPORTER_OTLP_HEADERS',
      /^[\w-]+=[^\s"\\,=]+(?:,[\w-]+=[^\s"\\,=]+)*$/,
    ),
    'Request headers for the collector, such as an API key.',
  ),
  protectData: stackSetting(flag(), {
    fallback: true,
    meaning: 'Whether "pulumi destroy" refuses to delete photos and database.',
  }),
};

/** All settings of a stack; `npm run tables` writes them to Pulumi.yaml and docs/deploy.md. */
export const STACK_SETTINGS = { ...photos, ...bucket, ...api, ...database, ...operation };

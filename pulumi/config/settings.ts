import { DEFAULTS } from '../../contract/config/defaults.ts';
import { PHOTO_SETTINGS } from '../../contract/config/photo-settings.ts';
import { flag, listOf, matching, oneOf, someOf, whole } from '../../contract/config/setting.ts';
import { FOLDERS } from '../../contract/keys.ts';
import { list, optional, stackSetting, urlOf } from './stack-setting.ts';

/** Settings of a bucket as a whole, which may serve others than us. */
export const BUCKET_SETTINGS = [
  'cors',
  'lifecycle',
  'notification',
  'policy',
  'publicAccessBlock',
] as const;

/** Days that CloudWatch can keep a log. */
const LOG_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const;

const TOKEN_SECRET = /^[^\s"\\]{32,}$/;
const TOKEN_SECRET_WORDS =
  'at least 32 characters of random text without spaces, quotes and backslashes';
const EMAIL = /^(?!\.)(?!.*\.\.)[\w'+.-]*[\w+-]@(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}$/i;

/** What is done with photos. */
const photos = {
  sizes: stackSetting(PHOTO_SETTINGS.THUMB_DIMENSIONS, {
    fallback: [...DEFAULTS.sizes],
    unit: 'px',
    meaning: 'Sides of the square pictures.',
  }),
  formats: stackSetting(PHOTO_SETTINGS.FORMATS, {
    fallback: [...DEFAULTS.formats],
    meaning: 'File formats of the pictures; each costs one more write per picture.',
  }),
  blur: stackSetting(PHOTO_SETTINGS.BLUR, {
    fallback: DEFAULTS.blur,
    meaning: 'Whether each picture gets a blurred twin.',
  }),
  blurRadius: stackSetting(PHOTO_SETTINGS.BLUR_RADIUS, {
    fallback: DEFAULTS.blurRadius,
    unit: 'px of the master',
    meaning: 'Sigma of the blur.',
  }),
  maxUploadBytes: stackSetting(PHOTO_SETTINGS.MAX_UPLOAD_BYTES, {
    fallback: DEFAULTS.maxUploadBytes,
    unit: 'bytes',
    meaning: 'Largest photo taken.',
  }),
  maxPixels: stackSetting(PHOTO_SETTINGS.MAX_PIXELS, {
    fallback: DEFAULTS.maxPixels,
    unit: 'px',
    meaning: 'Width times height of the largest photo taken.',
  }),
  presignedUrlExpiration: stackSetting(whole(30, 3_600), {
    fallback: 300,
    unit: 's',
    meaning: 'How long the form of a direct upload is good.',
  }),
  expirationDays: stackSetting(whole(1, 365), {
    fallback: 1,
    unit: 'days',
    meaning: 'After this an upload that nothing came of is removed.',
  }),
  // 1 vCPU of Lambda comes with 1,769 MB; an AVIF photo of 48 million pixels takes 1 GB of it.
  functionMemory: stackSetting(whole(1_024, 10_240), {
    fallback: 1_769,
    unit: 'MB',
    meaning: 'Memory of both image functions, and with it their share of a processor.',
  }),
  queueConcurrency: stackSetting(whole(2, 1_000), {
    fallback: 5,
    unit: 'function instances',
    meaning: 'Direct uploads processed at once; more wait in the queue.',
  }),
};

/** Where photos are kept. */
const bucket = {
  existingBucket: optional(
    matching(
      'the name of a bucket of this account and region, without dots',
      /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    ),
    {
      // A name with dots fits no certificate of S3.
      meaning: 'Bucket to keep the photos in, instead of a new one.',
    },
  ),
  bucketSettings: stackSetting(someOf(BUCKET_SETTINGS), {
    fallback: [],
    meaning: 'Settings of the existing bucket that may be replaced; all others are left alone.',
  }),
  versioned: stackSetting(flag(), {
    fallback: false,
    meaning: 'Whether the new bucket keeps old versions; they expire with the uploads.',
  }),
  imageFolder: stackSetting(PHOTO_SETTINGS.IMAGE_FOLDER, {
    fallback: FOLDERS.image,
    meaning: 'Folder of the pictures that are served.',
  }),
  temporaryFolder: stackSetting(PHOTO_SETTINGS.TEMPORARY_IMAGE_PATH, {
    fallback: FOLDERS.temporary,
    meaning: 'Folder of direct uploads.',
  }),
};

/** The API and who may use it. */
const api = {
  instanceType: stackSetting(
    matching(
      'an arm64 (Graviton) instance type such as t4g.small',
      /^[a-z]+\d+g[a-z]*\.[a-z0-9]+$/,
    ),
    {
      fallback: 't4g.small',
      meaning: 'Machine that the API runs on.',
    },
  ),
  minInstances: stackSetting(whole(1, 100), {
    fallback: 2,
    unit: 'machines',
    meaning: 'Fewest machines; with two the loss of a zone is not noticed.',
  }),
  maxInstances: stackSetting(whole(1, 100), {
    fallback: 4,
    unit: 'machines',
    meaning: 'Most machines; they are added while the processors are busier than 60 %.',
  }),
  signUp: stackSetting(oneOf(['open', 'closed']), {
    fallback: 'open',
    meaning: 'Whether strangers may make themselves an account.',
  }),
  playground: stackSetting(flag(), {
    fallback: false,
    meaning: 'Whether /playground is there and the schema may be asked for.',
  }),
  operations: stackSetting(oneOf(['any', 'listed']), {
    fallback: 'any',
    meaning: 'Which operations are answered: any, or those of the page and the playground alone.',
  }),
  adminEmail: stackSetting(matching('an e-mail address', EMAIL), {
    fallback: 'admin@portrait.local',
    meaning: 'First admin, made on an empty database.',
  }),
  adminPassword: optional(
    matching('8 to 128 characters without spaces, quotes and backslashes', /^[^\s"\\]{8,128}$/),
    {
      meaning: 'Password of the first admin; made up when absent.',
      isSecret: true,
    },
  ),
  jwtSecret: optional(matching(TOKEN_SECRET_WORDS, TOKEN_SECRET), {
    meaning: 'Signs tokens; made up when absent. A new one alone ends all sessions.',
    isSecret: true,
  }),
  jwtSecretOther: optional(matching(TOKEN_SECRET_WORDS, TOKEN_SECRET), {
    meaning: 'Its tokens are taken too: the next secret, then the last one, while they change.',
    isSecret: true,
  }),
  callbackSecret: list(PHOTO_SETTINGS.CALLBACK_SECRET, {
    meaning: 'Signs the callbacks of the image function; generated when absent.',
    isSecret: true,
  }),
  authIssuer: optional(
    urlOf('an https URL, set together with authAudience', /^https:\/\/[^\s"\\]+$/),
    {
      meaning: 'Outside provider of identities, instead of passwords.',
    },
  ),
  authAudience: optional(
    matching('a word without spaces, set together with authIssuer', /^[^\s"\\]+$/),
    {
      meaning: 'What the tokens of the outside provider must be meant for.',
    },
  ),
  corsOrigins: list(
    listOf(
      'origins such as https://example.org, comma-separated',
      (text) => /^https?:/.test(text) && URL.parse(text)?.origin === text,
    ),
    {
      meaning: 'Pages elsewhere that may call the API and send direct uploads, beside our own.',
    },
  ),
  logLevel: stackSetting(oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace']), {
    fallback: 'info',
    meaning: 'Least important line the API writes.',
  }),
};

/** The database. */
const database = {
  databaseClass: stackSetting(
    matching('an RDS instance class such as db.t4g.micro', /^db\.[a-z]+\d+[a-z]*\.[a-z0-9]+$/),
    {
      fallback: 'db.t4g.micro',
      meaning: 'Machine that the database runs on.',
    },
  ),
  databaseStorage: stackSetting(whole(20, 16_384), {
    fallback: 20,
    unit: 'GiB',
    meaning: 'Disk of the database at first; it grows by itself to five times that.',
  }),
  databaseMultiAz: stackSetting(flag(), {
    fallback: false,
    meaning: 'Whether a second database in another zone takes over within two minutes.',
  }),
  databaseBackupDays: stackSetting(whole(1, 35), {
    fallback: 7,
    unit: 'days',
    meaning: 'How far back the database can be restored, to any second.',
  }),
};

/** The address, and who is told when something is wrong. */
const operation = {
  artefacts: stackSetting(matching('a folder', /^[^\0]+$/), {
    fallback: '../dist',
    meaning: 'Where "npm run bundle" left what is deployed, seen from the folder pulumi.',
  }),
  domain: optional(
    matching(
      'a host name such as photos.example.com, with hostedZoneId or certificateArn',
      /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/,
    ),
    {
      meaning: 'Own domain of the page and the API, instead of one of CloudFront.',
    },
  ),
  hostedZoneId: optional(
    matching('the id of a hosted zone of Route 53, set together with domain', /^Z[A-Z0-9]{5,31}$/),
    {
      meaning: 'Zone that gets the records of the domain, and proves it for the certificate.',
    },
  ),
  certificateArn: optional(
    matching(
      'the ARN of a certificate of ACM in us-east-1, set together with domain',
      /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[a-f0-9-]+$/,
    ),
    {
      meaning: 'Certificate of the domain; without it one is made, which needs hostedZoneId.',
    },
  ),
  alarmEmail: optional(matching('an e-mail address', EMAIL), {
    meaning: 'Who is told of alarms and the budget, once the first mail is answered.',
  }),
  monthlyBudget: stackSetting(whole(0, 1_000_000), {
    fallback: 100,
    unit: 'USD',
    meaning: 'A mail comes when the account will cost more in a month; 0 for no budget.',
  }),
  logDays: stackSetting(oneOf(LOG_DAYS), {
    fallback: 30,
    unit: 'days',
    meaning: 'How long logs are kept.',
  }),
  otlpEndpoint: optional(
    urlOf('an http or https URL that machines and functions reach', /^https?:\/\/[^\s"\\]+$/),
    {
      meaning: 'Collector of OpenTelemetry that gets the traces; without it nothing is traced.',
    },
  ),
  tracePercent: stackSetting(whole(0, 100), {
    fallback: 100,
    unit: '% of the requests',
    meaning: 'How many are traced, of those whose caller did not say.',
  }),
  otlpHeaders: optional(
    matching(
      'name=value, comma-separated, as OTEL_EXPORTER_OTLP_HEADERS is written',
      /^[\w-]+=[^\s"\\,=]+(?:,[\w-]+=[^\s"\\,=]+)*$/,
    ),
    {
      meaning: 'Headers that the collector wants, such as the key of who may write there.',
      isSecret: true,
    },
  ),
  protectData: stackSetting(flag(), {
    fallback: true,
    meaning: 'Whether "pulumi destroy" must leave photos and database alone, and ends there.',
  }),
};

/** Every setting of a stack; Pulumi.yaml shows the same, and a test compares them. */
export const STACK_SETTINGS = { ...photos, ...bucket, ...api, ...database, ...operation };

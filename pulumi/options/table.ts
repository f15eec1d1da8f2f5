import { DEFAULTS, FOLDERS, IMAGE_FORMATS, LIMITS } from '../../contract/contract.ts';
import {
  checked,
  checkedList,
  flag,
  oneOf,
  optional,
  someOf,
  whole,
  wholes,
  word,
} from './kinds.ts';

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

const FOLDER = /^[\w-]+\/$/;
/** Standard Webhooks wants 24 to 64 bytes, which are 32 to 88 characters of base64. */
const SECRET =
  /^whsec_(?=.{32,88}$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const TOKEN_SECRET = /^[^\s"\\]{32,}$/;
const TOKEN_SECRET_WORDS =
  'at least 32 characters of random text without spaces, quotes and backslashes';
const EMAIL = /^(?!\.)(?!.*\.\.)[\w'+.-]*[\w+-]@(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}$/i;

/** What is done with photos. */
const photos = {
  sizes: wholes(16, LIMITS.masterSide, {
    fallback: DEFAULTS.sizes,
    unit: 'px',
    meaning: 'Sides of the square pictures.',
  }),
  formats: someOf(IMAGE_FORMATS, {
    fallback: DEFAULTS.formats,
    meaning: 'File formats of the pictures; each costs one more write per picture.',
  }),
  blur: flag({ fallback: DEFAULTS.blur, meaning: 'Whether each picture gets a blurred twin.' }),
  blurRadius: whole(1, 200, {
    fallback: DEFAULTS.blurRadius,
    unit: 'px of the master',
    meaning: 'Sigma of the blur.',
  }),
  maxUploadBytes: whole(1_000, 104_857_600, {
    fallback: DEFAULTS.maxUploadBytes,
    unit: 'bytes',
    meaning: 'Largest photo taken.',
  }),
  maxPixels: whole(LIMITS.minSide ** 2, 100_000_000, {
    fallback: DEFAULTS.maxPixels,
    unit: 'px',
    meaning: 'Width times height of the largest photo taken.',
  }),
  presignedUrlExpiration: whole(30, 3_600, {
    fallback: 300,
    unit: 's',
    meaning: 'How long the form of a direct upload is good.',
  }),
  expirationDays: whole(1, 365, {
    fallback: 1,
    unit: 'days',
    meaning: 'After this an upload that nothing came of is removed.',
  }),
  // 1 vCPU of Lambda comes with 1,769 MB; an AVIF photo of 48 million pixels takes 1 GB of it.
  functionMemory: whole(1_024, 10_240, {
    fallback: 1_769,
    unit: 'MB',
    meaning: 'Memory of both image functions, and with it their share of a processor.',
  }),
  queueConcurrency: whole(2, 1_000, {
    fallback: 5,
    unit: 'function instances',
    meaning: 'Direct uploads processed at once; more wait in the queue.',
  }),
};

/** Where photos are kept. */
const bucket = {
  existingBucket: optional({
    // A name with dots fits no certificate of S3.
    pattern: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    must: 'the name of a bucket of this account and region, without dots',
    meaning: 'Bucket to keep the photos in, instead of a new one.',
  }),
  bucketSettings: someOf(BUCKET_SETTINGS, {
    fallback: [],
    meaning: 'Settings of the existing bucket that may be replaced; all others are left alone.',
  }),
  versioned: flag({
    fallback: false,
    meaning: 'Whether the new bucket keeps old versions; they expire with the uploads.',
  }),
  imageFolder: word({
    fallback: FOLDERS.image,
    pattern: FOLDER,
    must: `one folder with a slash at its end, such as ${FOLDERS.image}`,
    meaning: 'Folder of the pictures that are served.',
  }),
  temporaryFolder: word({
    fallback: FOLDERS.temporary,
    pattern: FOLDER,
    must: `one folder with a slash at its end, such as ${FOLDERS.temporary}`,
    meaning: 'Folder of direct uploads.',
  }),
};

/** The API and who may use it. */
const api = {
  instanceType: word({
    fallback: 't4g.small',
    pattern: /^[a-z]+\d+g[a-z]*\.[a-z0-9]+$/,
    must: 'an arm64 (Graviton) instance type such as t4g.small',
    meaning: 'Machine that the API runs on.',
  }),
  minInstances: whole(1, 100, {
    fallback: 2,
    unit: 'machines',
    meaning: 'Fewest machines; with two the loss of a zone is not noticed.',
  }),
  maxInstances: whole(1, 100, {
    fallback: 4,
    unit: 'machines',
    meaning: 'Most machines; they are added while the processors are busier than 60 %.',
  }),
  signUp: oneOf(['open', 'closed'], {
    fallback: 'open',
    meaning: 'Whether strangers may make themselves an account.',
  }),
  playground: flag({
    fallback: false,
    meaning: 'Whether /playground is there and the schema may be asked for.',
  }),
  operations: oneOf(['any', 'listed'], {
    fallback: 'any',
    meaning: 'Which operations are answered: any, or those of the page and the playground alone.',
  }),
  adminEmail: word({
    fallback: 'admin@portrait.local',
    pattern: EMAIL,
    must: 'an e-mail address',
    meaning: 'First admin, made on an empty database.',
  }),
  adminPassword: optional({
    pattern: /^[^\s"\\]{8,128}$/,
    must: '8 to 128 characters without spaces, quotes and backslashes',
    meaning: 'Password of the first admin; made up when absent.',
    isSecret: true,
  }),
  jwtSecret: optional({
    pattern: TOKEN_SECRET,
    must: TOKEN_SECRET_WORDS,
    meaning: 'Signs tokens; made up when absent. A new one alone ends all sessions.',
    isSecret: true,
  }),
  jwtSecretOther: optional({
    pattern: TOKEN_SECRET,
    must: TOKEN_SECRET_WORDS,
    meaning: 'Its tokens are taken too: the next secret, then the last one, while they change.',
    isSecret: true,
  }),
  callbackSecret: checkedList({
    isGood: (secret) => SECRET.test(secret),
    must: 'whsec_ and base64 of 24 to 64 random bytes; two, comma-separated, while they change',
    meaning: 'Signs the callbacks of the image function; made up when absent.',
    isSecret: true,
  }),
  authIssuer: checked({
    isGood: (text) => /^https:\/\/[^\s"\\]+$/.test(text) && URL.canParse(text),
    must: 'an https URL, set together with authAudience',
    meaning: 'Outside provider of identities, instead of passwords.',
  }),
  authAudience: optional({
    pattern: /^[^\s"\\]+$/,
    must: 'a word without spaces, set together with authIssuer',
    meaning: 'What the tokens of the outside provider must be meant for.',
  }),
  corsOrigins: checkedList({
    isGood: (text) => /^https?:/.test(text) && URL.parse(text)?.origin === text,
    must: 'origins such as https://example.org, comma-separated',
    meaning: 'Pages elsewhere that may call the API and send direct uploads, beside our own.',
  }),
  logLevel: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
    fallback: 'info',
    meaning: 'Least important line the API writes.',
  }),
};

/** The database. */
const database = {
  databaseClass: word({
    fallback: 'db.t4g.micro',
    pattern: /^db\.[a-z]+\d+[a-z]*\.[a-z0-9]+$/,
    must: 'an RDS instance class such as db.t4g.micro',
    meaning: 'Machine that the database runs on.',
  }),
  databaseStorage: whole(20, 16_384, {
    fallback: 20,
    unit: 'GiB',
    meaning: 'Disk of the database at first; it grows by itself to five times that.',
  }),
  databaseMultiAz: flag({
    fallback: false,
    meaning: 'Whether a second database in another zone takes over within two minutes.',
  }),
  databaseBackupDays: whole(1, 35, {
    fallback: 7,
    unit: 'days',
    meaning: 'How far back the database can be restored, to any second.',
  }),
};

/** The address, and who is told when something is wrong. */
const operation = {
  artefacts: word({
    fallback: '../dist',
    pattern: /^[^\0]+$/,
    must: 'a folder',
    meaning: 'Where "npm run bundle" left what is deployed, seen from the folder pulumi.',
  }),
  domain: optional({
    pattern: /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/,
    must: 'a host name such as photos.example.com, with hostedZoneId or certificateArn',
    meaning: 'Own domain of the page and the API, instead of one of CloudFront.',
  }),
  hostedZoneId: optional({
    pattern: /^Z[A-Z0-9]{5,31}$/,
    must: 'the id of a hosted zone of Route 53, set together with domain',
    meaning: 'Zone that gets the records of the domain, and proves it for the certificate.',
  }),
  certificateArn: optional({
    pattern: /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[a-f0-9-]+$/,
    must: 'the ARN of a certificate of ACM in us-east-1, set together with domain',
    meaning: 'Certificate of the domain; without it one is made, which needs hostedZoneId.',
  }),
  alarmEmail: optional({
    pattern: EMAIL,
    must: 'an e-mail address',
    meaning: 'Who is told of alarms and the budget, once the first mail is answered.',
  }),
  monthlyBudget: whole(0, 1_000_000, {
    fallback: 100,
    unit: 'USD',
    meaning: 'A mail comes when the account will cost more in a month; 0 for no budget.',
  }),
  logDays: oneOf(LOG_DAYS, { fallback: 30, unit: 'days', meaning: 'How long logs are kept.' }),
  otlpEndpoint: checked({
    isGood: (text) => /^https?:\/\/[^\s"\\]+$/.test(text) && URL.canParse(text),
    must: 'an http or https URL that machines and functions reach',
    meaning: 'Collector of OpenTelemetry that gets the traces; without it nothing is traced.',
  }),
  tracePercent: whole(0, 100, {
    fallback: 100,
    unit: '% of the requests',
    meaning: 'How many are traced, of those whose caller did not say.',
  }),
  otlpHeaders: optional({
    pattern: /^[\w-]+=[^\s"\\,=]+(?:,[\w-]+=[^\s"\\,=]+)*$/,
    must: 'name=value, comma-separated, as OTEL_EXPORTER_OTLP_HEADERS is written',
    meaning: 'Headers that the collector wants, such as the key of who may write there.',
    isSecret: true,
  }),
  protectData: flag({
    fallback: true,
    meaning: 'Whether "pulumi destroy" must leave photos and database alone, and ends there.',
  }),
};

/** Every option of a stack; Pulumi.yaml shows the same, and a test compares them. */
export const OPTIONS = { ...photos, ...bucket, ...api, ...database, ...operation };

import { z } from 'zod';
import { DEFAULTS, FOLDERS, IMAGE_FORMATS } from '../contract/contract.ts';
import { canonicalEmail, hasControls } from './auth/canonical.ts';

const flag = z.stringbool({ truthy: ['on', 'true', '1'], falsy: ['off', 'false', '0'] });
const text = z.string().min(1);
const url = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ''));
const origin = z
  .string()
  .refine(
    (text) => URL.parse(text)?.origin === text,
    'must be origins such as https://example.org, comma-separated',
  );
const list = z.string().transform((value) => value.split(',').map((item) => item.trim()));
const side = z.coerce.number<string>().int().min(16).max(2048);
const folder = z
  .string()
  .regex(/^[\w-]+\/$/, 'must be one folder with a slash at its end, such as image/');
const count = z.coerce.number().int().positive();
const tokenSecret = z.string().min(32, 'must be at least 32 characters of random text');
const secretArn = z
  .string()
  .regex(
    /^arn:[\w-]+:secretsmanager:[\w-]+:/,
    'must be the ARN of a secret of AWS Secrets Manager',
  );
const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and base64 of 24 bytes or more');

/** What the README's table says of a setting; `absent` is what happens without it when the schema has no default. */
const about = (description: string, absent = '') => ({ description, absent });

/**
 * Every variable that the API and the image function read, in the order of the README's table, which is made of this
 * (`npm run tables`). What is absent and `embedded` the laptop mode brings.
 */
export const Settings = z.object({
  NODE_ENV: text
    .default('development')
    .meta(about('`production`: nothing is embedded, and a missing variable stops the start')),
  HOST: text.default('127.0.0.1').meta(about('where the API listens')),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_534)
    .default(4000)
    .meta(about('its port; the embedded photo links are on the port after it')),
  DATA_DIR: text.default('.portrait').meta(about('folder of the embedded parts')),
  UPLOAD_DIR: text
    .optional()
    .meta(
      about(
        'directory on disk for uploads in progress, readable by this user only; emptied at start',
        '`uploads` in `DATA_DIR`',
      ),
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .meta(about('least grave lines that are written: `fatal` to `trace`, or `silent`')),
  PLAYGROUND: flag
    .optional()
    .meta(about('`/playground` and introspection', 'on, off in production')),
  METRICS: flag
    .optional()
    .meta(about('`/metrics` for Prometheus, for whoever can reach it', 'on, off in production')),
  OPERATIONS: text
    .default('any')
    .meta(
      about('path of a list (`npm run -s operations`) of the only operations that are answered'),
    ),
  CORS_ORIGINS: list
    .pipe(z.array(origin))
    .default([])
    .meta(
      about('origins whose pages may call the API: `https://a.example,https://b.example`', 'none'),
    ),
  TRUST_PROXY: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .meta(
      about(
        "proxies before the API, whose word on the caller's address counts; 2 behind CloudFront and a load balancer",
      ),
    ),

  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .meta(about('PostgreSQL 14 or newer; with `?sslmode=verify-full` over TLS', 'embedded')),
  DATABASE_SECRET: secretArn
    .optional()
    .meta(
      about(
        'ARN of the secret of AWS Secrets Manager that holds its password, when the URL has none; it may change at any time',
      ),
    ),
  AWS_REGION: text
    .default('us-east-1')
    .meta(
      about('region of bucket and image API; credentials are where the AWS SDK looks for them'),
    ),
  S3_ENDPOINT: url.optional().meta(about('another S3', "Amazon's")),
  PHOTO_BUCKET: text.optional().meta(about('S3 bucket of the photos', 'embedded')),
  PHOTO_URL: url.optional().meta(about('public address before `image/…`', 'embedded')),
  IMAGE_API_URL: url
    .optional()
    .meta(about('the image API: API Gateway and the function behind it', 'embedded')),
  IMAGE_FOLDER: folder.default(FOLDERS.image).meta(about('folder of the pictures in the bucket')),

  TEMPORARY_IMAGE_PATH: folder
    .default(FOLDERS.temporary)
    .meta(about('folder of direct uploads, which expire')),
  CALLBACK_URL: url
    .optional()
    .meta(about('where the image function reports direct uploads', 'embedded')),
  CALLBACK_SECRET: list
    .pipe(z.array(webhookSecret))
    .optional()
    .meta(
      about(
        'the `whsec_…` that signs the report; two, with a comma, while they change',
        'embedded',
      ),
    ),
  PRESIGNED_URL_EXPIRATION: count
    .max(3600)
    .default(300)
    .meta(about('how long the form of a direct upload is good, s')),
  EXPIRATION_DAYS: count
    .default(1)
    .meta(about('days after which an upload that nothing came of is removed')),

  THUMB_DIMENSIONS: list
    .pipe(z.array(side).min(1).max(8))
    .default([...DEFAULTS.sizes])
    .meta(about('sides of the square pictures, px')),
  FORMATS: list
    .pipe(z.array(z.enum(IMAGE_FORMATS)).min(1))
    .default([...DEFAULTS.formats])
    .meta(about(`formats of the pictures, of ${IMAGE_FORMATS.join(', ')}`)),
  // These two only the image function reads, and checks.
  BLUR: text.optional().meta(about('blurred twins of the pictures', `\`${DEFAULTS.blur}\``)),
  BLUR_RADIUS: text
    .optional()
    .meta(about('how blurred the large one is: sigma, px', `\`${DEFAULTS.blurRadius}\``)),
  MAX_UPLOAD_BYTES: count
    .max(100 * 1024 * 1024)
    .default(DEFAULTS.maxUploadBytes)
    .meta(about('largest upload')),
  MAX_PIXELS: count.default(DEFAULTS.maxPixels).meta(about('largest picture, width times height')),

  SIGN_UP: z
    .enum(['open', 'closed'])
    .default('open')
    .meta(about('`closed`: only admins make users')),
  ADMIN_EMAIL: z
    .string()
    .refine((value) => canonicalEmail(value) !== undefined, 'must be an e-mail address')
    .optional()
    .meta(about('the first admin of an empty database', '`admin@portrait.local`')),
  ADMIN_PASSWORD: z
    .string()
    .min(8)
    .refine((value) => !hasControls(value), 'must not contain control characters')
    .optional()
    .meta(about('their password', 'made up, shown once')),
  JWT_SECRET: tokenSecret
    .optional()
    .meta(about('signs the tokens, 32 characters or more', 'made up, kept in `DATA_DIR`')),
  JWT_SECRET_OTHER: tokenSecret
    .optional()
    .meta(
      about('tokens it has signed are good too: for a change of the secret that signs nobody out'),
    ),
  AUTH_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta(about('an outside OpenID provider instead of passwords')),
  AUTH_AUDIENCE: text.optional().meta(about('whom its tokens are for')),
  AUTH_MAX_TOKEN_LIFETIME: count
    .default(24 * 60 * 60)
    .meta(about('longest lifetime of its tokens, s (`exp` minus `iat`); others are rejected')),
  RATE_SIGN_IN: count
    .default(5)
    .meta(
      about(
        'wrong passwords for one account from one address before each further one waits, from 30 s to an hour',
      ),
    ),
  RATE_SIGN_UP: count.default(60).meta(about('new accounts from one address in an hour')),
  RATE_ACCOUNT: count
    .default(20)
    .meta(
      about(
        'attempts per user and hour to change e-mail address, username or password; ten times as many per client address; admins are not counted',
      ),
    ),
  RATE_UPLOAD: count
    .default(120)
    .meta(about("photos of one user in an hour; admins' are not counted")),
  OTEL_EXPORTER_OTLP_ENDPOINT: url
    .optional()
    .meta(
      about(
        'collector of OpenTelemetry that gets the traces, by OTLP/HTTP; without it nothing is traced',
      ),
    ),
  OTEL_EXPORTER_OTLP_HEADERS: text
    .optional()
    .meta(
      about('headers it wants, such as the key of who may write there: `name=value,name=value`'),
    ),
  OTEL_SERVICE_NAME: text
    .default('portrait-api')
    .meta(
      about("the API's name in traces; where the function has it of its own: portrait-function"),
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .meta(about('share of the requests that are traced, of those whose caller did not say')),
  LINK_ALLOW_PRIVATE: flag.default(false).meta(about('for tests: links may point at this machine')),
});

import * as z from 'zod/mini';
import { PHOTO_ENVIRONMENT, PHOTO_SETTINGS } from '../contract/config/photo-settings.ts';
import {
  documented,
  flag,
  httpUrl,
  listOf,
  matching,
  oneOf,
  setting,
  urlMatching,
  whole,
} from '../contract/config/setting.ts';
import { canonicalEmail, hasControls } from './auth/canonical.ts';

const text = () => setting({ must: 'a text', read: (value) => value });
const tokenSecret = () =>
  setting({
    must: 'at least 32 characters of random text',
    read: (value) => (value.length >= 32 ? value : undefined),
  });
const share = () =>
  setting({
    must: 'a number from 0 to 1',
    read: (value) => (/^(?:0|1|0?\.\d+|1\.0+)$/.test(value) ? Number(value) : undefined),
  });
/** A count: a whole number from 1. */
const count = (max = 1_000_000_000) => whole(1, max);

/**
 * Every environment variable of the API and the image function, in the order of docs/configuration.md, which is generated
 * from this (`npm run tables`). What is absent and `embedded` is provided by the laptop mode.
 */
export const Settings = z.object({
  NODE_ENV: documented(z._default(text(), 'development'), {
    description: '`production`: nothing is embedded, and a missing variable prevents the start',
  }),
  HOST: documented(z._default(text(), '127.0.0.1'), {
    description: 'address that the API listens on',
  }),
  PORT: documented(z._default(whole(0, 65_534), 4000), {
    description: 'port of the API; the embedded photo server uses the next one',
  }),
  DATA_DIR: documented(z._default(text(), '.portrait'), {
    description: 'data directory of the embedded services',
  }),
  UPLOAD_DIR: documented(z.optional(text()), {
    description:
      'directory on disk for uploads in progress, private to this user; emptied at start',
    absent: '`uploads` in `DATA_DIR`',
  }),
  LOG_LEVEL: documented(
    z._default(oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), 'info'),
    { description: 'minimum log level: `fatal` to `trace`, or `silent`' },
  ),
  PLAYGROUND: documented(z.optional(flag()), {
    description: '`/playground` and introspection',
    absent: 'on, off in production',
  }),
  METRICS: documented(z.optional(flag()), {
    description: 'unauthenticated Prometheus metrics at `/metrics`',
    absent: 'on, off in production',
  }),
  OPERATIONS: documented(z._default(text(), 'any'), {
    description: 'allowlist of operations (file made by `npm run -s operations`), or `any`',
  }),
  CORS_ORIGINS: documented(
    z._default(
      listOf(
        'origins such as https://example.org, comma-separated',
        (origin) => URL.parse(origin)?.origin === origin,
      ),
      [],
    ),
    {
      description: 'origins whose pages may call the API: `https://a.example,https://b.example`',
      absent: 'none',
    },
  ),
  TRUST_PROXY: documented(z._default(whole(0, 10), 0), {
    description:
      'number of trusted proxies in front of the API (`X-Forwarded-For`); 2 behind CloudFront and a load balancer',
  }),

  DATABASE_URL: documented(
    z.optional(urlMatching('a postgres:// or postgresql:// URL', /^postgres(ql)?:/i)),
    {
      description: 'PostgreSQL 14 or later; `?sslmode=verify-full` for TLS',
      absent: 'embedded',
    },
  ),
  DATABASE_SECRET: documented(
    z.optional(
      matching(
        'the ARN of a secret in AWS Secrets Manager',
        /^arn:[\w-]+:secretsmanager:[\w-]+:\S+$/,
      ),
    ),
    {
      description:
        'ARN of the AWS Secrets Manager secret with the database password, which may be rotated at any time',
    },
  ),
  AWS_REGION: documented(z._default(PHOTO_SETTINGS.AWS_REGION, 'us-east-1'), {
    description: 'region of bucket and image API; credentials come from the AWS SDK default chain',
  }),
  S3_ENDPOINT: PHOTO_ENVIRONMENT.S3_ENDPOINT,
  PHOTO_BUCKET: documented(z.optional(PHOTO_SETTINGS.PHOTO_BUCKET), {
    description: 'S3 bucket of the photos',
    absent: 'embedded',
  }),
  PHOTO_URL: documented(z.optional(httpUrl()), {
    description: 'public base URL of the photos, before `image/…`',
    absent: 'embedded',
  }),
  IMAGE_API_URL: documented(z.optional(httpUrl()), {
    description: 'URL of the image API: API Gateway with the image function',
    absent: 'embedded',
  }),
  IMAGE_FOLDER: PHOTO_ENVIRONMENT.IMAGE_FOLDER,

  TEMPORARY_IMAGE_PATH: PHOTO_ENVIRONMENT.TEMPORARY_IMAGE_PATH,
  CALLBACK_URL: PHOTO_ENVIRONMENT.CALLBACK_URL,
  CALLBACK_SECRET: PHOTO_ENVIRONMENT.CALLBACK_SECRET,
  PRESIGNED_URL_EXPIRATION: documented(z._default(count(3600), 300), {
    description: 'lifetime of a presigned upload, s',
  }),
  EXPIRATION_DAYS: documented(z._default(count(3650), 1), {
    description: 'days before abandoned uploads are deleted',
  }),

  THUMB_DIMENSIONS: PHOTO_ENVIRONMENT.THUMB_DIMENSIONS,
  FORMATS: PHOTO_ENVIRONMENT.FORMATS,
  BLUR: PHOTO_ENVIRONMENT.BLUR,
  BLUR_RADIUS: PHOTO_ENVIRONMENT.BLUR_RADIUS,
  MAX_UPLOAD_BYTES: PHOTO_ENVIRONMENT.MAX_UPLOAD_BYTES,
  MAX_PIXELS: PHOTO_ENVIRONMENT.MAX_PIXELS,

  SIGN_UP: documented(z._default(oneOf(['open', 'closed']), 'open'), {
    description: '`closed`: only admins create users',
  }),
  ADMIN_EMAIL: documented(
    z.optional(
      setting({
        must: 'an e-mail address',
        read: (value) => (canonicalEmail(value) === undefined ? undefined : value),
      }),
    ),
    {
      description: 'first admin, created in an empty database',
      absent: '`admin@portrait.local`',
    },
  ),
  ADMIN_PASSWORD: documented(
    z.optional(
      setting({
        must: 'at least 8 characters, without control characters',
        isVerbatim: true,
        read: (value) => (value.length >= 8 && !hasControls(value) ? value : undefined),
      }),
    ),
    {
      description: 'password of the first admin',
      absent: 'generated, shown once',
    },
  ),
  JWT_SECRET: documented(z.optional(tokenSecret()), {
    description: 'secret that signs tokens, at least 32 characters',
    absent: 'generated, kept in `DATA_DIR`',
  }),
  JWT_SECRET_OTHER: documented(z.optional(tokenSecret()), {
    description:
      'additional secret accepted when verifying tokens; lets you rotate `JWT_SECRET` without signing users out',
  }),
  AUTH_ISSUER: documented(
    // Not `httpUrl`: issuers are compared character by character.
    z.optional(urlMatching('an http or https URL', /^https?:/i)),
    {
      description: 'issuer of an outside OpenID provider, which replaces passwords',
    },
  ),
  AUTH_AUDIENCE: documented(z.optional(text()), {
    description: 'audience (`aud`) that its tokens must have',
  }),
  AUTH_MAX_TOKEN_LIFETIME: documented(z._default(count(), 24 * 60 * 60), {
    description: 'maximum lifetime of its tokens, s (`exp` minus `iat`)',
  }),
  RATE_SIGN_IN: documented(z._default(count(), 5), {
    description:
      'failed sign-ins per account and address before exponential back-off starts, from 30 s to 1 h',
  }),
  RATE_SIGN_UP: documented(z._default(count(), 60), {
    description: 'new accounts per address and hour',
  }),
  RATE_ACCOUNT: documented(z._default(count(), 20), {
    description:
      'attempts per user and hour to change e-mail address, username or password; ten times as many per address; admins are exempt',
  }),
  RATE_UPLOAD: documented(z._default(count(), 120), {
    description: 'photos per user and hour; admins are exempt',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: PHOTO_ENVIRONMENT.OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_HEADERS: PHOTO_ENVIRONMENT.OTEL_EXPORTER_OTLP_HEADERS,
  OTEL_SERVICE_NAME: documented(z._default(PHOTO_SETTINGS.OTEL_SERVICE_NAME, 'portrait-api'), {
    description: '`service.name` of the traces; the image function has a variable of its own',
  }),
  OTEL_TRACES_SAMPLER_ARG: documented(z._default(share(), 1), {
    description: 'share of requests that are traced, unless the caller has decided',
  }),
  LINK_ALLOW_PRIVATE: documented(z._default(flag(), false), {
    description: 'for tests: photo links may point to private addresses',
  }),
});

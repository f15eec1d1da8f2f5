import type { Input } from '@pulumi/pulumi';
import type { Database } from '../components/database.ts';
import type { Edge } from '../components/edge.ts';
import type { Gateway } from '../components/gateway.ts';
import type { Photos } from '../components/photos.ts';
import { PORTS } from '../components/security-groups.ts';
import type { StackConfig } from './read.ts';

/** Components whose addresses the API needs. */
export interface ApiDependencies {
  edge: Edge;
  photos: Photos;
  gateway: Gateway;
  database: Database;
}

/** Returns the environment of the API without its secrets and its region. */
export const apiEnvironment = (
  stack: StackConfig,
  { edge, photos, gateway, database }: ApiDependencies,
): Record<string, Input<string>> => ({
  NODE_ENV: 'production',
  HOST: '0.0.0.0',
  PORT: String(PORTS.api),
  DATA_DIR: '/var/lib/portrait',
  // Not /tmp, which is in memory on Amazon Linux 2023.
  UPLOAD_DIR: '/var/lib/portrait/uploads',
  LOG_LEVEL: stack.logLevel,
  PLAYGROUND: stack.playground ? 'on' : 'off',
  // Path within the release.
  ...(stack.operations === 'listed' && { OPERATIONS: 'dist/operations.json' }),
  DATABASE_URL: database.url,
  DATABASE_SECRET: database.secretArn,
  PHOTO_BUCKET: photos.bucket,
  PHOTO_URL: edge.url,
  IMAGE_API_URL: gateway.url,
  IMAGE_FOLDER: stack.imageFolder,
  TEMPORARY_IMAGE_PATH: stack.temporaryFolder,
  PRESIGNED_URL_EXPIRATION: String(stack.presignedUrlExpiration),
  EXPIRATION_DAYS: String(stack.expirationDays),
  THUMB_DIMENSIONS: stack.sizes.join(','),
  FORMATS: stack.formats.join(','),
  MAX_UPLOAD_BYTES: String(stack.maxUploadBytes),
  MAX_PIXELS: String(stack.maxPixels),
  SIGN_UP: stack.signUp,
  ADMIN_EMAIL: stack.adminEmail,
  // CloudFront has no route to /metrics.
  METRICS: 'on',
  // CloudFront and the load balancer; each appends the address of its client to X-Forwarded-For.
  TRUST_PROXY: '2',
  CORS_ORIGINS: stack.corsOrigins.join(','),
  ...(stack.otlpEndpoint && {
    OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpEndpoint,
    OTEL_TRACES_SAMPLER_ARG: String(stack.tracePercent / 100),
  }),
  ...(stack.authIssuer && { AUTH_ISSUER: stack.authIssuer }),
  ...(stack.authAudience && { AUTH_AUDIENCE: stack.authAudience }),
});

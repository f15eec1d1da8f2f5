import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isComplete, readConfig } from '../src/config.ts';

const SECRET = 'thirty-two characters, or a few more';
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://portrait@database.internal/portrait',
  PHOTO_BUCKET: 'photos-of-portrait',
  PHOTO_URL: 'https://photos.example.org',
  IMAGE_API_URL: 'https://images.example.org',
  JWT_SECRET: SECRET,
  CALLBACK_SECRET: `whsec_${Buffer.alloc(24, 'callback').toString('base64')}`,
};
const PROVIDER = { AUTH_ISSUER: 'https://id.example.org', AUTH_AUDIENCE: 'portrait' };

/** Names of the rejected variables, in the order of the error message; empty if the environment is valid. */
function rejected(env: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    const lines = (error as Error).message.split('\n');
    expect(lines[0]).toBe('Invalid environment:');
    return lines.flatMap((line) => line.match(/^ {2}(\w+) /)?.[1] ?? []);
  }
}
const errorMessage = (env: NodeJS.ProcessEnv) => {
  try {
    readConfig(env);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('on an empty environment', () => {
  test('every setting has its default', () => {
    expect(readConfig({})).toEqual({
      production: false,
      operations: undefined,
      host: '127.0.0.1',
      port: 4000,
      dataDir: resolve('.portrait'),
      uploadDir: resolve('.portrait/uploads'),
      logLevel: 'info',
      playground: true,
      metrics: true,
      corsOrigins: [],
      proxies: 0,
      databaseUrl: undefined,
      databaseSecret: undefined,
      region: 'us-east-1',
      s3Endpoint: undefined,
      bucket: undefined,
      photoUrl: undefined,
      imageApiUrl: undefined,
      imageFolder: 'image/',
      temporaryFolder: 'temp/',
      presignedUrlExpiration: 300,
      callbackUrl: undefined,
      callbackSecrets: undefined,
      expirationDays: 1,
      sizes: [50, 100, 200, 400],
      formats: ['webp'],
      maxUploadBytes: 26_214_400,
      maxPixels: 50_000_000,
      signUp: 'open',
      firstAdmin: { email: undefined, password: undefined },
      jwtSecret: undefined,
      identityProvider: undefined,
      rates: { signIn: 5, signUp: 60, account: 20, upload: 120 },
      linkAllowPrivate: false,
      warnings: [],
      functionEnv: {},
    });
  });

  test('an empty value counts as absent', () => {
    const names = [...Object.keys(PRODUCTION), ...Object.keys(PROVIDER), 'PORT', 'FORMATS'];

    expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readConfig({}));
  });

  test('the configuration is incomplete: services are embedded', () => {
    expect(isComplete(readConfig({}))).toBe(false);
  });
});

describe('a setting', () => {
  test.each([
    ['PORT', '0', { port: 0 }],
    ['HOST', '::', { host: '::' }],
    ['DATA_DIR', '/var/lib/portrait', { dataDir: '/var/lib/portrait' }],
    ['PLAYGROUND', 'off', { playground: false }],
    ['PLAYGROUND', 'ON', { playground: true }],
    ['LINK_ALLOW_PRIVATE', 'true', { linkAllowPrivate: true }],
    ['DATABASE_URL', 'postgresql://a/b', { databaseUrl: 'postgresql://a/b' }],
    ['PHOTO_URL', 'https://p.example.org/x//', { photoUrl: 'https://p.example.org/x' }],
    ['IMAGE_FOLDER', 'faces/', { imageFolder: 'faces/', functionEnv: { IMAGE_FOLDER: 'faces/' } }],
    ['THUMB_DIMENSIONS', '400, 64', { sizes: [64, 400] }],
    ['FORMATS', 'avif, webp', { formats: ['webp', 'avif'] }],
    ['MAX_UPLOAD_BYTES', '1000000', { maxUploadBytes: 1_000_000 }],
    ['SIGN_UP', 'closed', { signUp: 'closed' }],
    ['JWT_SECRET', SECRET, { jwtSecret: SECRET }],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'http://127.0.0.1:4318/',
      { tracing: { endpoint: 'http://127.0.0.1:4318', service: 'portrait-api', share: 1 } },
    ],
    [
      'ADMIN_EMAIL',
      'a@example.org',
      { firstAdmin: { email: 'a@example.org', password: undefined } },
    ],
  ])('%s=%s is read', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toMatchObject(expected);
  });

  test.each([
    ['PORT', 'http'],
    ['PORT', '65535'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['LOG_LEVEL', 'loud'],
    ['PLAYGROUND', 'maybe'],
    ['DATABASE_URL', 'mysql://a/b'],
    ['DATABASE_URL', 'localhost'],
    ['PHOTO_URL', 'ftp://a'],
    ['IMAGE_API_URL', 'images'],
    ['S3_ENDPOINT', 's3'],
    ['IMAGE_FOLDER', 'image'],
    ['IMAGE_FOLDER', '../'],
    ['IMAGE_FOLDER', '/'],
    ['THUMB_DIMENSIONS', '50,large'],
    ['THUMB_DIMENSIONS', '8'],
    ['THUMB_DIMENSIONS', ','],
    ['FORMATS', 'webp,heic'],
    ['MAX_UPLOAD_BYTES', '0'],
    ['MAX_UPLOAD_BYTES', '1e12'],
    ['MAX_PIXELS', 'many'],
    ['SIGN_UP', 'perhaps'],
    ['ADMIN_EMAIL', 'admin'],
    ['ADMIN_PASSWORD', 'short'],
    ['JWT_SECRET', 'too short'],
    ['JWT_SECRET_OTHER', 'too short'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['AUTH_ISSUER', 'id.example.org'],
  ])('%s=%s is rejected, and the error names it', (name, value) => {
    expect(rejected({ ...PROVIDER, [name]: value, PHOTO_BUCKET: 'bucket' })).toEqual(
      expect.arrayContaining([name]),
    );
  });

  test('JWT_SECRET_OTHER alone is rejected', () => {
    expect(rejected({ JWT_SECRET_OTHER: SECRET })).toEqual(['JWT_SECRET']);
  });

  test('that is a secret is not shown in an error', () => {
    const message = errorMessage({
      JWT_SECRET: 'hush',
      ADMIN_PASSWORD: 'hush',
      DATABASE_URL: 'mysql://user:hush@a/b',
    });

    expect(message).not.toContain('hush');
  });
});

describe('invalid settings', () => {
  test('are all reported together, including conflicts between two settings', () => {
    const names = rejected({
      PORT: 'http',
      SIGN_UP: 'perhaps',
      FORMATS: 'heic',
      AUTH_ISSUER: 'https://id.example.org',
      S3_ENDPOINT: 'http://127.0.0.1:9000',
    });

    expect(names.toSorted()).toEqual(
      ['AUTH_ISSUER', 'FORMATS', 'PHOTO_BUCKET', 'PORT', 'SIGN_UP'].toSorted(),
    );
  });

  test('in production are all reported together, including missing ones', () => {
    expect(rejected({ NODE_ENV: 'production', PORT: 'http', LINK_ALLOW_PRIVATE: 'on' })).toEqual(
      expect.arrayContaining([
        'PORT',
        'DATABASE_URL',
        'PHOTO_BUCKET',
        'PHOTO_URL',
        'IMAGE_API_URL',
        'CALLBACK_SECRET',
        'JWT_SECRET',
        'LINK_ALLOW_PRIVATE',
      ]),
    );
  });

  test('are reported once each', () => {
    expect(rejected({ NODE_ENV: 'production', DATABASE_URL: 'localhost', ...PROVIDER })).toEqual([
      'DATABASE_URL',
      'PHOTO_BUCKET',
      'PHOTO_URL',
      'IMAGE_API_URL',
      'CALLBACK_SECRET',
    ]);
  });
});

describe('an outside identity provider', () => {
  test('is configured by issuer and audience', () => {
    expect(readConfig(PROVIDER).identityProvider).toEqual({
      issuer: 'https://id.example.org',
      audience: 'portrait',
      maxTokenLifetime: 86_400,
    });
  });

  test.each(Object.keys(PROVIDER))('is rejected when only %s is set', (name) => {
    expect(rejected({ [name]: PROVIDER[name as keyof typeof PROVIDER] })).toEqual(['AUTH_ISSUER']);
  });
});

describe('a secret with the password of the database', () => {
  const DATABASE_SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:db';

  test('requires a database URL without a password', () => {
    const DATABASE_URL = 'postgresql://portrait@database.internal/portrait';

    expect(readConfig({ DATABASE_URL, DATABASE_SECRET }).databaseSecret).toBe(DATABASE_SECRET);
    expect(rejected({ DATABASE_SECRET })).toEqual(['DATABASE_URL']);
    expect(rejected({ DATABASE_SECRET, DATABASE_URL: 'postgresql://a:b@c/d' })).toEqual([
      'DATABASE_URL',
    ]);
  });

  test('is specified by its ARN', () => {
    expect(rejected({ DATABASE_URL: 'postgresql://a@c/d', DATABASE_SECRET: 'db' })).toEqual([
      'DATABASE_SECRET',
    ]);
  });
});

describe('in production', () => {
  test('nothing is left to embed, and the playground is off', () => {
    const config = readConfig(PRODUCTION);

    expect(isComplete(config)).toBe(true);
    expect(config).toMatchObject({ production: true, playground: false });
    expect(readConfig({ ...PRODUCTION, PLAYGROUND: 'on' }).playground).toBe(true);
  });

  test.each(Object.keys(PRODUCTION).filter((name) => name !== 'NODE_ENV'))(
    '%s is required',
    (name) => {
      expect(rejected({ ...PRODUCTION, [name]: undefined })).toEqual([name]);
    },
  );

  test('an external identity provider replaces JWT_SECRET', () => {
    const config = readConfig({ ...PRODUCTION, JWT_SECRET: undefined, ...PROVIDER });

    expect(isComplete(config)).toBe(true);
  });

  test('links must not point to private addresses', () => {
    expect(rejected({ ...PRODUCTION, LINK_ALLOW_PRIVATE: 'on' })).toEqual(['LINK_ALLOW_PRIVATE']);
  });
});

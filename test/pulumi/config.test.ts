import { describe, expect, test } from 'vitest';
import { readSetting } from '../../contract/config/setting.ts';
import { readStackConfig } from '../../pulumi/config/read.ts';
import { STACK_SETTINGS } from '../../pulumi/config/settings.ts';

const read = (values: Record<string, string>) =>
  readStackConfig(
    'portrait',
    Object.fromEntries(Object.entries(values).map(([name, text]) => [`portrait:${name}`, text])),
  );

describe('the stack config', () => {
  test('has its defaults when settings are absent or empty', () => {
    const defaults = Object.fromEntries(
      Object.entries(STACK_SETTINGS).map(([name, { fallback }]) => [name, fallback]),
    );

    expect(read({})).toEqual(defaults);
    expect(
      read(Object.fromEntries(Object.keys(STACK_SETTINGS).map((name) => [name, ' ']))),
    ).toEqual(defaults);
  });

  test('has valid defaults', () => {
    for (const { schema, fallback } of Object.values(STACK_SETTINGS)) {
      if (fallback === undefined || String(fallback) === '') continue;
      expect(readSetting<unknown>(schema, String(fallback))).toEqual(fallback);
    }
  });

  test('ignores the settings of other projects', () => {
    expect(() => readStackConfig('portrait', { 'aws:region': 'eu-central-1' })).not.toThrow();
  });

  test('reports all mistakes at once, one per line', () => {
    const values = {
      sizes: '50,50',
      blur: 'yes',
      minInstances: '0',
      signUp: 'maybe',
      memory: '1',
    };

    expect(() => read(values)).toThrow(
      [
        'Invalid stack config:',
        '  memory is unknown; Pulumi.yaml lists every setting.',
        '  sizes must be at most 8 different whole numbers from 16 to 2048, comma-separated, not "50,50".',
        '  blur must be on or off (also true or false, 1 or 0), not "yes".',
        '  minInstances must be a whole number from 1 to 100, not "0".',
        '  signUp must be one of open, closed, not "maybe".',
      ].join('\n'),
    );
  });

  test.each(['adminPassword', 'jwtSecret', 'callbackSecret', 'otlpHeaders'])(
    'never prints an invalid secret: %s',
    (name) => {
      expect(() => read({ [name]: 'x"y' })).toThrow(
        new RegExp(`^Invalid stack config:\n  ${name} must be [^"]*$`),
      );
    },
  );

  test.each([
    ['minInstances must not exceed maxInstances', { minInstances: '5', maxInstances: '4' }],
    ['authIssuer and authAudience must be set together', { authIssuer: 'https://id.example.com' }],
    ['domain requires hostedZoneId or certificateArn', { domain: 'photos.example.com' }],
    ['domain requires hostedZoneId or certificateArn', { hostedZoneId: 'Z0123456789' }],
    ['bucketSettings requires existingBucket', { bucketSettings: 'cors' }],
    ['must differ', { imageFolder: 'photos/', temporaryFolder: 'photos/' }],
    ['must differ', { temporaryFolder: 'staged/' }],
  ])('rejects settings that contradict each other: %s', (mistake, values) => {
    expect(() => read(values)).toThrow(mistake);
  });

  test.each<[keyof typeof STACK_SETTINGS, string]>([
    ['instanceType', 't3.small'],
    ['instanceType', 'db.t4g.small'],
    ['databaseClass', 't4g.micro'],
    ['existingBucket', 'My_Bucket'],
    ['existingBucket', 'a.bucket.with.dots'],
    ['imageFolder', 'image'],
    ['imageFolder', '../image/'],
    ['formats', 'webp,gif'],
    ['formats', 'webp,webp'],
    ['functionMemory', '1e4'],
    ['queueConcurrency', '1'],
    ['logDays', '31'],
    ['alarmEmail', 'somebody'],
    ['authIssuer', 'http://id.example.com'],
    ['certificateArn', 'arn:aws:acm:eu-central-1:123456789012:certificate/1a'],
    ['domain', 'https://photos.example.com'],
    ['callbackSecret', 'whsec_short'],
    ['callbackSecret', `whsec_${'A'.repeat(33)}`],
    ['callbackSecret', `whsec_${'A'.repeat(32)},old`],
    ['adminEmail', 'a..b@example.com'],
    ['corsOrigins', 'https://Example.org'],
    ['corsOrigins', 'https://example.org/'],
    ['authIssuer', 'https://%'],
    ['jwtSecret', 'too short'],
    ['jwtSecretOther', 'too short'],
    ['otlpEndpoint', 'otlp.example.com'],
    ['otlpHeaders', 'abc123'],
  ])('rejects an invalid %s: %s', (name, text) => {
    expect(() => read({ [name]: text })).toThrow(`${name} must be`);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FUNCTION_ENV } from '../../contract/config/function-env.ts';
import { readConfig as readFunctionConfig } from '../../lambda/config.ts';
import { readConfig, SETTINGS } from '../../src/config.ts';
import { anyText, checkProperty } from '../support/fuzz.ts';

/** Values that are almost valid, as in typical mistakes. */
const text = fc.oneof(
  anyText,
  fc.webUrl(),
  fc.integer().map(String),
  fc.constantFrom(
    'on',
    'off',
    'true',
    '50,100',
    '50,,',
    'webp,avif',
    'temp/',
    'image/',
    '../',
    '/',
  ),
  fc.constantFrom('postgres://u:p@h/d', 'postgres://', 'whsec_', 'arn:aws:secretsmanager:eu:1:x'),
  fc.constantFrom('production', 'https://example.org', 'http://[::1', 'a@b.c', '65535', '1e3'),
);

const environment = (names: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...names), text, { maxKeys: names.length });

describe.each([
  { what: 'the API', names: SETTINGS, read: readConfig },
  { what: 'the image function', names: FUNCTION_ENV, read: readFunctionConfig },
])('$what', ({ names, read }) => {
  test('accepts any environment, or lists its problems by name', () =>
    checkProperty(
      fc.property(environment(names), (env) => {
        const message = errorMessageOf(() => read(env));
        if (message === undefined) return;
        expect(message).toMatch(/^Invalid environment:\n/);
        expect(names.some((name) => message.includes(name))).toBe(true);
      }),
    ));

  test('never prints the value of a secret, even an invalid one', () =>
    checkProperty(
      fc.property(fc.string({ minLength: 6, maxLength: 30 }), environment(names), (secret, env) => {
        fc.pre(/^[a-z0-9 ]+$/i.test(secret));
        const secrets = {
          JWT_SECRET: secret,
          CALLBACK_SECRET: secret,
          ADMIN_PASSWORD: secret,
          DATABASE_URL: `mysql://user:${secret}@host/name`,
        };
        const others = errorMessageOf(() => read({ ...env, CALLBACK_URL: '!' })) ?? '';
        fc.pre(!others.includes(secret));
        const message = errorMessageOf(() => read({ ...env, ...secrets, CALLBACK_URL: '!' }));

        expect(message).not.toContain(secret);
      }),
    ));
});

function errorMessageOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

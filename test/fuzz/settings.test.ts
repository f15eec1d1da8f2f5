import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FUNCTION_ENV } from '../../contract/config/function-env.ts';
import { readConfig as readFunctionConfig } from '../../lambda/config.ts';
import { readConfig, SETTINGS } from '../../src/config.ts';
import { anyText, checkProperty } from '../support/fuzz.ts';

/** Nearly right is what people write. */
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
  test('starts from any environment, or says in lines what is wrong with it', () =>
    checkProperty(
      fc.property(environment(names), (env) => {
        const complaint = complaintAbout(() => read(env));
        if (complaint === undefined) return;
        expect(complaint).toMatch(/^Invalid environment:\n/);
        expect(names.some((name) => complaint.includes(name))).toBe(true);
      }),
    ));

  test('tells nobody what a secret is, however wrong', () =>
    checkProperty(
      fc.property(fc.string({ minLength: 6, maxLength: 30 }), environment(names), (secret, env) => {
        fc.pre(/^[a-z0-9 ]+$/i.test(secret));
        const secrets = {
          JWT_SECRET: secret,
          CALLBACK_SECRET: secret,
          ADMIN_PASSWORD: secret,
          DATABASE_URL: `mysql://user:${secret}@host/name`,
        };
        const others = complaintAbout(() => read({ ...env, CALLBACK_URL: '!' })) ?? '';
        fc.pre(!others.includes(secret));
        const complaint = complaintAbout(() => read({ ...env, ...secrets, CALLBACK_URL: '!' }));

        expect(complaint).not.toContain(secret);
      }),
    ));
});

function complaintAbout(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

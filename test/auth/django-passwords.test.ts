import { expect, test } from 'vitest';
import { DJANGO_HASH } from '../../src/auth/django-passwords.ts';
import { isPassword } from '../../src/auth/passwords.ts';
import { djangoHash } from '../support/django.ts';

/** From Django 3.2: `make_password('lètmein', 'seasalt', 'pbkdf2_sha256')`. */
const LETMEIN = 'pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=';

test('verifies only the password behind a Django hash', async () => {
  expect(await isPassword('lètmein', LETMEIN, 260_000)).toBe(true);
  expect(await isPassword('letmein', LETMEIN, 260_000)).toBe(false);
});

test('verifies a hash with more iterations than any before it', async () => {
  expect(await isPassword('secret', djangoHash('secret'), 0)).toBe(true);
});

const REST = `seasalt$${'A'.repeat(43)}=`;
test.each([
  ['more iterations than a second has', `pbkdf2_sha256$2000001$${REST}`],
  ['more digits than numbers have', `pbkdf2_sha256$99999999999999999999$${REST}`],
  ['no iterations', `pbkdf2_sha256$0$${REST}`],
  ['another algorithm', `pbkdf2_sha1$1000$${REST}`],
  ['no salt', `pbkdf2_sha256$1000$$${'A'.repeat(43)}=`],
  ['a hash cut short', `pbkdf2_sha256$1000$seasalt$${'A'.repeat(40)}=`],
  ['a line more', `pbkdf2_sha256$1000$${REST}\n`],
  ['none, as Django writes it', '!'],
])('does not import a hash with %s', async (_, hash) => {
  expect(hash).not.toMatch(DJANGO_HASH);
  expect(await isPassword('', hash, 0)).toBe(false);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { runDoctor } from '../../../tools/doctor/doctor.ts';
import type { Credentials } from '../../../tools/doctor/test-account.ts';
import { signInAdmin } from '../../support/client.ts';
import { ADMIN, type Product, startProduct } from '../../support/product.ts';
import { uploadSmallPhoto } from '../../support/small-photo.ts';

/** The API rejects callbacks: the image functions sign them with another secret. */
const OTHER_SECRET = `whsec_${Buffer.alloc(24, 'other').toString('base64')}`;

let product: Product;
beforeAll(async () => {
  product = await startProduct(
    { SIGN_UP: 'closed', THUMB_DIMENSIONS: '50', BLUR: 'false' },
    () => ({ callbackSecrets: [OTHER_SECRET] }),
  );
});
afterAll(() => product.close());

async function failures(credentials: Credentials) {
  const { url } = product;
  const target = { url, origin: url, credentials, bucket: undefined, timeoutMs: 3_000 };
  return (await runDoctor(target)).filter(({ status }) => status === 'failed');
}

test('asks for credentials if sign-up is closed', async () => {
  expect(await failures({})).toMatchObject([
    {
      check: 'test account',
      fact: expect.stringContaining('Sign in first'),
      advice: expect.stringContaining('DOCTOR_EMAIL'),
    },
  ]);
});

test('reports a wrong admin password', async () => {
  expect(await failures({ ...ADMIN, password: 'wrong password' })).toMatchObject([
    { check: 'test account', fact: expect.stringContaining('UNAUTHENTICATED') },
  ]);
});

test('checks with the credentials of an admin, and detects rejected callbacks', async () => {
  expect(await failures(ADMIN)).toMatchObject([
    {
      check: 'callback',
      fact: 'no callback within 3 s',
      advice: expect.stringContaining('CALLBACK_SECRET'),
    },
  ]);
  expect(await product.sql('select username from users')).toEqual([{ username: 'admin' }]);
});

test('deletes what it has created when stopped', async () => {
  const { url } = product;
  const stopping = new AbortController();
  const target = { url, origin: url, credentials: ADMIN, bucket: undefined, timeoutMs: 60_000 };
  const running = runDoctor({ ...target, stopping: stopping.signal });
  const uploads = () => product.sql("select 1 from photos where status = 'AWAITING_UPLOAD'");
  await expect.poll(uploads, { timeout: 20_000 }).toHaveLength(1);

  stopping.abort();

  const results = await running;
  expect(results.at(-1)).toMatchObject({ check: 'objects deleted', status: 'passed' });
  expect(results.map(({ fact }) => fact)).toContain('not checked: the doctor was stopped');
  expect(await product.sql('select username from users')).toEqual([{ username: 'admin' }]);
});

test('with a token, deletes its photos, and refuses to replace an existing photo', async () => {
  const person = await signInAdmin(product);
  const { token } = person;

  const without = await failures({ token });
  const { me: after } = await person.query('{ me { profile { photo { id } } } }');
  await uploadSmallPhoto(person);
  const withPhoto = await failures({ token });
  const { me: still } = await person.query('{ me { profile { photo { id } } } }');

  expect(without.map(({ check }) => check)).toEqual(['callback']);
  expect(after.profile.photo).toBeNull();
  expect(withPhoto).toMatchObject([{ fact: 'admin has a photo, which would be replaced' }]);
  expect(still.profile.photo).not.toBeNull();
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { examine } from '../../../tools/doctor/doctor.ts';
import type { Credentials } from '../../../tools/doctor/test-account.ts';
import { admin } from '../../support/client.ts';
import { givePhoto } from '../../support/portrait.ts';
import { ADMIN, type Product, startProduct } from '../../support/product.ts';

/** Callbacks are signed with another secret than the API knows. */
const OTHER_SECRET = `whsec_${Buffer.alloc(24, 'other').toString('base64')}`;

let product: Product;
beforeAll(async () => {
  product = await startProduct(
    { SIGN_UP: 'closed', THUMB_DIMENSIONS: '50', BLUR: 'false' },
    () => ({ callbackSecrets: [OTHER_SECRET] }),
  );
});
afterAll(() => product.close());

async function crosses(credentials: Credentials) {
  const { url } = product;
  const visit = { url, origin: url, credentials, bucket: undefined, patience: 3_000 };
  return (await examine(visit)).filter(({ mark }) => mark === 'cross');
}

test('where not everybody may sign up, the doctor asks to be let in', async () => {
  expect(await crosses({})).toMatchObject([
    {
      check: 'a user for this visit',
      fact: expect.stringContaining('Sign in first'),
      advice: expect.stringContaining('DOCTOR_EMAIL'),
    },
  ]);
});

test('a wrong password of the admin is said to be wrong', async () => {
  expect(await crosses({ ...ADMIN, password: 'wrong password' })).toMatchObject([
    { check: 'a user for this visit', fact: expect.stringContaining('UNAUTHENTICATED') },
  ]);
});

test('an admin lets the doctor in, who finds that callbacks are not believed', async () => {
  expect(await crosses(ADMIN)).toMatchObject([
    {
      check: 'callback',
      fact: 'no callback within 3 s',
      advice: expect.stringContaining('CALLBACK_SECRET'),
    },
  ]);
  expect(await product.sql('select username from users')).toEqual([{ username: 'admin' }]);
});

test('a visit that is stopped deletes what it has made', async () => {
  const { url } = product;
  const stopping = new AbortController();
  const visit = { url, origin: url, credentials: ADMIN, bucket: undefined, patience: 60_000 };
  const examining = examine({ ...visit, stopping: stopping.signal });
  const uploads = () => product.sql("select 1 from photos where status = 'AWAITING_UPLOAD'");
  await expect.poll(uploads, { timeout: 20_000 }).toHaveLength(1);

  stopping.abort();

  const findings = await examining;
  expect(findings.at(-1)).toMatchObject({ check: 'nothing left behind', mark: 'tick' });
  expect(findings.map(({ fact }) => fact)).toContain('not checked: it was stopped');
  expect(await product.sql('select username from users')).toEqual([{ username: 'admin' }]);
});

test('somebody with a token is sent home without a photo, and not visited with one', async () => {
  const person = await admin(product);
  const { token } = person;

  const without = await crosses({ token });
  const { me: after } = await person.ask('{ me { profile { photo { id } } } }');
  await givePhoto(person);
  const withPhoto = await crosses({ token });
  const { me: still } = await person.ask('{ me { profile { photo { id } } } }');

  expect(without.map(({ check }) => check)).toEqual(['callback']);
  expect(after.profile.photo).toBeNull();
  expect(withPhoto).toMatchObject([{ fact: 'admin has a photo, which would be replaced' }]);
  expect(still.profile.photo).not.toBeNull();
});

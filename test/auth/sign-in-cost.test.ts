import { createHook } from 'node:async_hooks';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { graphqlClient, type Person, signUp } from '../support/client.ts';
import { djangoHash } from '../support/django.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct();
  person = await signUp(product);
});
afterAll(() => product.close());

const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { token }
}`;

const signIn = (email: string, password: string) =>
  graphqlClient(product).send(SIGN_IN, { email, password });

/** Number of argon2 computations during `act`. Each is an asynchronous resource without a name (napi-rs does not set one). */
async function countHashes(act: () => Promise<unknown>) {
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === 'undefined') count += 1;
    },
  }).enable();
  await act();
  hook.disable();
  return count;
}

test('verifies one hash for every wrong sign-in, with or without an account, so that timing reveals no members', async () => {
  const withoutPassword = await signUp(product);
  await product.sql(`update users set password_hash = null where id = '${withoutPassword.id}'`);
  const emails = [person.email, 'nobody@example.org', 'not an address', withoutPassword.email];

  const counts = [];
  for (const email of emails) counts.push(await countHashes(() => signIn(email, 'wrong')));

  expect(counts).toEqual([1, 1, 1, 1]);
});

test('the rehash of a Django password at sign-in does not overwrite a password changed meanwhile', async () => {
  const imported = await signUp(product);
  const old = djangoHash('from django');
  await product.sql(`update users set password_hash = '${old}' where id = '${imported.id}'`);
  const client = new pg.Client({ connectionString: product.config.databaseUrl });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('begin');
  await client.query(`update users set password_hash = 'changed' where id = '${imported.id}'`);

  const signedIn = signIn(imported.email, 'from django');
  // It has verified the old hash, and waits for the row to store its own.
  const waiting = async () => {
    const { rows } = await client.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length;
  };
  await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
  await client.query('commit');
  await signedIn;

  const rows = await product.sql(`select password_hash from users where id = '${imported.id}'`);
  expect(rows).toEqual([{ password_hash: 'changed' }]);
});

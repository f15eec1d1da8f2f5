import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { CALLBACK_PATH } from '../../contract/routes.ts';
import { type GraphqlAnswer, type Person, signUp } from '../support/client.ts';
import { type ProxiedProduct, startProxiedProduct } from '../support/proxied-product.ts';

let product: ProxiedProduct;
let person: Person;
let other: Person;
beforeAll(async () => {
  product = await startProxiedProduct();
  [person, other] = [await signUp(product), await signUp(product)];
});
afterAll(() => product.close());
afterEach(async () => {
  await Promise.all(locks.splice(0).map((client) => client.end()));
  await product.database.restore();
  // Waits until earlier statements have completed.
  await waitFor(0);
});

const ME = '{ me { id } }';
const COUNT = '{ users { totalCount } }';
const PAGE = '{ users { edges { node { id } } } }';
const RENAME = `mutation ($id: ID!, $name: String) {
  updateProfile(id: $id, input: { displayName: $name }) { displayName }
}`;

const OVERLOADED = { code: 'OVERLOADED', retryable: true, retryAfter: 5 };
const UNAVAILABLE = { code: 'SERVICE_UNAVAILABLE', retryable: true, retryAfter: 5 };

const locks: pg.Client[] = [];

/** Takes a lock with this statement, on a connection that is not the product's, until it is released. */
async function lock(statement: string) {
  const { pathname } = new URL(product.config.databaseUrl);
  const connectionString = Object.assign(new URL(inject('databaseUrl')), { pathname }).href;
  const client = new pg.Client({ connectionString });
  locks.push(client);
  await client.connect();
  await client.query('begin');
  await client.query(statement);
  return { release: () => client.end() };
}

/** The number of statements waiting for a lock. */
async function waiting(): Promise<number> {
  const [row] = await product.sql<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

const waitFor = (count: number) => expect.poll(waiting, { timeout: 10_000 }).toBe(count);

/** Status, `Retry-After` and error extensions of a response without data. */
async function raw(person: Person, query: string) {
  const answer = await fetch(`${product.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${person.token}` },
    body: JSON.stringify({ query }),
  });
  const { errors } = (await answer.json()) as GraphqlAnswer<unknown>;
  const wait = answer.headers.get('retry-after');
  return { status: answer.status, wait, extensions: errors?.[0]?.extensions };
}

describe('while one user has many slow statements', () => {
  test('three of them run, and another user gets a response', async () => {
    const held = await lock('lock table photos in access exclusive mode');
    const photo = `{ photo(id: "${randomUUID()}") { id } }`;
    const answers = Array.from({ length: 20 }, () => person.send(photo));
    await waitFor(3);

    const { status } = await other.send(ME);

    expect(status).toBe(200);
    expect(await waiting()).toBe(3);
    await held.release();
    expect((await Promise.all(answers)).flatMap(({ errors }) => errors)).toEqual([]);
  });

  test('three transactions run, and another user gets a response', async () => {
    const held = await lock(`select 1 from profiles where id = '${person.profileId}' for update`);
    const answers = Array.from({ length: 20 }, (_, at) =>
      person.send(RENAME, { id: person.profileId, name: `name ${at}` }),
    );
    await waitFor(3);

    const { status } = await other.send(RENAME, { id: other.profileId, name: 'another' });

    expect(status).toBe(200);
    expect(await waiting()).toBe(3);
    await held.release();
    await Promise.all(answers);
  });

  test('a statement that waits too long behind them is 503 OVERLOADED with Retry-After, never 500', async () => {
    await lock('lock table profiles in access exclusive mode');

    const answers = await Promise.all(Array.from({ length: 8 }, () => raw(person, PAGE)));

    expect(answers).toEqual(Array(8).fill({ status: 503, wait: '5', extensions: OVERLOADED }));
  });
});

test('a statement canceled by its timeout is 503 OVERLOADED with Retry-After', async () => {
  await lock('lock table profiles in access exclusive mode');

  const answer = await raw(person, PAGE);

  expect(answer).toEqual({ status: 503, wait: '5', extensions: OVERLOADED });
});

test('a request without a free connection is 503 OVERLOADED with Retry-After', async () => {
  const users = await Promise.all(Array.from({ length: 4 }, () => signUp(product)));
  const held = await lock('lock table profiles in access exclusive mode');
  const answers = users.flatMap((user) => Array.from({ length: 4 }, () => raw(user, PAGE)));
  // The tenth connection listens for jobs.
  await waitFor(9);

  const answer = await raw(other, ME);

  expect(answer).toEqual({ status: 503, wait: '5', extensions: OVERLOADED });
  await held.release();
  expect((await Promise.all(answers)).filter(({ status }) => status === 500)).toEqual([]);
});

describe('while the database is down', () => {
  test('a request is 503 SERVICE_UNAVAILABLE with Retry-After', async () => {
    await product.database.disconnect();

    expect(await raw(person, ME)).toEqual({ status: 503, wait: '5', extensions: UNAVAILABLE });
    expect(await raw(person, COUNT)).toMatchObject({ status: 503, extensions: UNAVAILABLE });
  });

  test('a callback is 503, so that it is retried', async () => {
    await product.database.disconnect();

    const body = JSON.stringify({
      type: 'photo.failed',
      photoId: randomUUID(),
      error: { code: 'PHOTO_UNREADABLE', message: 'The photo is cut short.' },
    });
    const [secret = ''] = product.config.callbackSecrets;
    const at = new Date();
    const answer = await fetch(product.url + CALLBACK_PATH, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'message',
        'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
        'webhook-signature': new Webhook(secret).sign('message', at, body),
      },
    });

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });
});

test('a backend terminated by an operator is 503 SERVICE_UNAVAILABLE', async () => {
  const held = await lock('lock table profiles in access exclusive mode');
  const answer = raw(person, PAGE);
  await waitFor(1);

  await product.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );

  expect(await answer).toEqual({ status: 503, wait: '5', extensions: UNAVAILABLE });
  await held.release();
});

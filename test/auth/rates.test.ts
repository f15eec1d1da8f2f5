import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admin, type Person, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

const RATES = { RATE_SIGN_IN: '3', RATE_SIGN_UP: '4', RATE_UPLOAD: '2', TRUST_PROXY: '1' };

let product: Product;
/** Another process of the same product. */
let other: Product;
beforeAll(async () => {
  product = await startProduct(RATES);
  const { databaseUrl, jwtSecret = '' } = product.config;
  other = await startProduct({ ...RATES, DATABASE_URL: databaseUrl, JWT_SECRET: jwtSecret });
});
afterAll(async () => {
  await other.close();
  await product.close();
});

/** Asks as somebody at an address, whom the one proxy before the product has named. */
async function ask(
  from: string,
  query: string,
  { token, to = product }: { token?: string; to?: Product } = {},
) {
  const answer = await fetch(`${to.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      // What stands before the last is the caller's own invention.
      'x-forwarded-for': `198.51.100.99, ${from}`,
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query }),
  });
  const { data, errors = [] } = JSON.parse(await answer.text());
  const [{ extensions = {}, message = '' } = {}] = errors;
  return {
    ...{ status: answer.status, data, message, code: extensions.code, wait: extensions.retryAfter },
    retryAfter: answer.headers.get('retry-after'),
  };
}

const guess = (email: string, password: string) =>
  `mutation { signIn(email: "${email}", password: "${password}") { token } }`;
const WRONG = 'not the password';

describe('wrong passwords', () => {
  let person: Person;
  beforeAll(async () => {
    person = await signUp(product);
  });

  test('make their address wait before the next, longer each time, whatever the process', async () => {
    for (const to of [product, other, product]) {
      const { status } = await ask('203.0.113.1', guess(person.email, WRONG), { to });
      expect(status).toBe(401);
    }
    // The first of those that wait is let through, and begins the waiting.
    expect((await ask('203.0.113.1', guess(person.email, WRONG), { to: other })).status).toBe(401);

    const refused = await ask('203.0.113.1', guess(person.email, person.password));

    expect(refused).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
    expect(refused.message).toMatch(/too often. Try again in \d+ seconds/);
    expect(Number(refused.retryAfter)).toBe(refused.wait);
    expect(refused.wait).toBeGreaterThan(20);
    expect(refused.wait).toBeLessThanOrEqual(30);
  });

  test('lock out nobody else: the person signs in from elsewhere', async () => {
    const { status } = await ask('203.0.113.2', guess(person.email, person.password));
    expect(status).toBe(200);
  });

  test('are counted when a hundred come at once', async () => {
    const all = Array.from({ length: 100 }, (_, at) =>
      ask('203.0.113.3', guess(person.email, `${WRONG} ${at}`), { to: at % 2 ? product : other }),
    );
    const looked = (await Promise.all(all)).filter(({ status }) => status === 401);
    expect(looked.length).toBeLessThanOrEqual(4);
  });

  test('are forgotten when the right one comes in time', async () => {
    for (let round = 0; round < 3; round++) {
      await ask('203.0.113.4', guess(person.email, WRONG));
      await ask('203.0.113.4', guess(person.email, WRONG));
      const { status } = await ask('203.0.113.4', guess(person.email, person.password));
      expect(status).toBe(200);
    }
  });

  test('for many accounts make the address wait, however the accounts are named', async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 62; at++) {
      const { status } = await ask('203.0.113.5', guess(`nobody-${at}@example.org`, WRONG));
      statuses.push(status);
    }
    expect(statuses.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 401));
    expect(statuses.slice(60)).toEqual([429, 429]);
  });

  test('are counted alike whether or not there is an account', async () => {
    const seen = async (email: string, from: string) => {
      const answers = [];
      for (let at = 0; at < 5; at++) {
        const { status, code } = await ask(from, guess(email, WRONG));
        answers.push({ status, code });
      }
      return answers;
    };
    expect(await seen(person.email, '203.0.113.6')).toEqual(
      await seen('who@example.org', '203.0.113.7'),
    );
  });

  test('of one household are one address, where addresses are many', async () => {
    for (let at = 0; at < 4; at++) {
      await ask(`2001:db8:1:2::${at + 1}`, guess(person.email, WRONG));
    }
    const neighbour = await ask('2001:db8:1:2:ffff::1', guess(person.email, WRONG));
    const stranger = await ask('2001:db8:1:3::1', guess(person.email, WRONG));
    expect([neighbour.status, stranger.status]).toEqual([429, 401]);
  });
});

const create = (name: string) =>
  `mutation { createUser(input: { username: "${name}", email: "${name}@example.org", password: "a long one to keep" }) { id } }`;

test('new accounts of one address are so many in an hour, in all processes together', async () => {
  const statuses: number[] = [];
  for (let at = 0; at < 6; at++) {
    const { status } = await ask('203.0.113.20', create(`new-${at}`), {
      to: at % 2 ? other : product,
    });
    statuses.push(status);
  }
  const elsewhere = await ask('203.0.113.21', create('new-elsewhere'));
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
  expect(elsewhere.status).toBe(200);
});

test('photos of one user are so many in an hour, from wherever and by whichever way', async () => {
  const { token } = await signUp(product);
  const request = 'mutation { requestPhotoUpload(contentType: "image/jpeg") { url } }';
  const bad = 'mutation { uploadProfilePhoto(photo: { base64: "AAAA" }) { id } }';

  const first = await ask('203.0.113.30', request, { token });
  const second = await ask('203.0.113.31', bad, { token, to: other });
  const third = await ask('203.0.113.32', request, { token });

  expect([first.status, second.status, third.status]).toEqual([200, 400, 429]);
  expect(third).toMatchObject({ code: 'TOO_MANY_REQUESTS', data: null });
});

test("an admin's photos are not counted: they are many people's", async () => {
  const { token } = await admin(product);
  const bad = 'mutation { uploadProfilePhoto(photo: { base64: "AAAA" }) { id } }';

  const statuses = [];
  for (let at = 0; at < 4; at++) statuses.push((await ask('203.0.113.40', bad, { token })).status);

  expect(statuses).toEqual([400, 400, 400, 400]);
});

test('nothing that was counted tells whose it was', async () => {
  const rows = await product.sql<{ key: string }>('select key from rates.counts');
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.map(({ key }) => key).join()).not.toMatch(/example\.org|203\.0|2001:db8|198\.51/);
});

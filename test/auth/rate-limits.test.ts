import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, signInAdmin, signUp } from '../support/client.ts';
import { runJob } from '../support/direct-upload.ts';
import { type Product, startProduct } from '../support/product.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';

const RATES = {
  RATE_SIGN_IN: '3',
  RATE_SIGN_UP: '4',
  RATE_UPLOAD: '2',
  RATE_ACCOUNT: '3',
  TRUST_PROXY: '1',
};

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
  const post = () =>
    fetch(`${to.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        // What stands before the last is the caller's own invention.
        'x-forwarded-for': `198.51.100.99, ${from}`,
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query }),
    });
  let answer = await post();
  // A busy machine sheds load before it counts anything.
  for (let retry = 0; answer.status === 503 && retry < 10; retry++) {
    await delay(1_000);
    answer = await post();
  }
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

  test('delay the next attempt of their address, longer each time, across processes', async () => {
    for (const to of [product, other, product]) {
      const { status } = await ask('203.0.113.1', guess(person.email, WRONG), { to });
      expect(status).toBe(401);
    }
    // The first of those that wait is let through, and begins the waiting.
    expect((await ask('203.0.113.1', guess(person.email, WRONG), { to: other })).status).toBe(401);

    const refused = await ask('203.0.113.1', guess(person.email, person.password));

    expect(refused).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
    expect(refused.message).toMatch(/Too many attempts. Try again in \d+ seconds/);
    expect(Number(refused.retryAfter)).toBe(refused.wait);
    expect(refused.wait).toBeGreaterThan(20);
    expect(refused.wait).toBeLessThanOrEqual(30);
  });

  test('do not lock out the user on another network', async () => {
    const { status } = await ask('203.0.113.2', guess(person.email, person.password));
    expect(status).toBe(200);
  });

  test('are all counted when a hundred arrive concurrently', async () => {
    const all = Array.from({ length: 100 }, (_, at) =>
      ask('203.0.113.3', guess(person.email, `${WRONG} ${at}`), { to: at % 2 ? product : other }),
    );
    const looked = (await Promise.all(all)).filter(({ status }) => status === 401);
    expect(looked.length).toBeLessThanOrEqual(4);
  });

  test('are reset by the right one', async () => {
    for (let round = 0; round < 3; round++) {
      await ask('203.0.113.4', guess(person.email, WRONG));
      await ask('203.0.113.4', guess(person.email, WRONG));
      const { status } = await ask('203.0.113.4', guess(person.email, person.password));
      expect(status).toBe(200);
    }
  });

  test('for many accounts delay the address, whatever the accounts are', async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 62; at++) {
      const { status } = await ask('203.0.113.5', guess(`nobody-${at}@example.org`, WRONG));
      statuses.push(status);
    }
    expect(statuses.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 401));
    expect(statuses.slice(60)).toEqual([429, 429]);
  });

  test('delay the next attempt by an hour at most, and attempts during the wait do not extend it', async () => {
    const victim = await signUp(product);
    const from = '203.0.113.14';
    const counters = async () =>
      (await product.sql<{ key: string }>('select key from rates.counts')).map(({ key }) => key);
    const others = await counters();
    for (let at = 0; at < 4; at++) await ask(from, guess(victim.email, WRONG));
    const [counter] = (await counters()).filter(
      (key) => !others.includes(key) && /^guess:/.test(`${key}`),
    );
    // As after forty wrong passwords: doubling alone would make it 65,000 years.
    await product.sql(`update rates.counts set points = 40 where key = '${counter}'`);
    await product.sql(
      `delete from rates.counts where key = '${`${counter}`.replace('guess', 'wait')}'`,
    );
    expect((await ask(from, guess(victim.email, WRONG))).status).toBe(401);

    const waits: number[] = [];
    for (let at = 0; at < 3; at++) waits.push((await ask(from, guess(victim.email, WRONG))).wait);

    expect(waits[0]).toBeGreaterThan(3_500);
    expect(Math.max(...waits)).toBeLessThanOrEqual(3_600);
    expect(waits.toSorted((a, b) => b - a)).toEqual(waits);
  });

  test.each([
    ['of one address', '203.0.113.8', (email: string) => [email, ` ${email}`, email.toUpperCase()]],
    ['that is no longer accepted', '203.0.113.10', () => ['"a"@b.org', ' "A"@B.org', '"A"@B.ORG ']],
    ['that is not an address', '203.0.113.9', () => ['a\u0007@example.org', 'admin', '@b.org']],
  ])('are counted together for every spelling %s', async (_, from, spellingsOf) => {
    const spellings = spellingsOf(person.email);
    const quoted = (spelling: string) => JSON.stringify(spelling).slice(1, -1);
    for (const spelling of [...spellings, ...spellings].slice(0, 4)) {
      expect((await ask(from, guess(quoted(spelling), WRONG))).status).toBe(401);
    }

    const [next = ''] = spellings;

    expect((await ask(from, guess(quoted(next), WRONG))).status).toBe(429);
  });

  test('rejected during the wait do not count for the network', async () => {
    const from = '203.0.113.11';
    const statuses: number[] = [];
    for (let at = 0; at < 80; at++) {
      statuses.push((await ask(from, guess('old-phone@example.org', WRONG))).status);
    }

    const others = [
      await ask(from, guess(person.email, person.password)),
      await ask(from, guess('mistyped@example.org', WRONG)),
    ];

    expect(statuses).toEqual([...Array(4).fill(401), ...Array(76).fill(429)]);
    expect(others.map(({ status }) => status)).toEqual([200, 401]);
  });

  test('rejected for the network do not count for the account', async () => {
    const from = '203.0.113.12';
    for (let at = 0; at < 60; at++) await ask(from, guess(`crowd-${at}@example.org`, WRONG));
    const before = await countersOf('guess|wait');

    const { status } = await ask(from, guess('after-the-crowd@example.org', WRONG));

    expect(status).toBe(429);
    expect(await countersOf('guess|wait')).toBe(before);
  });

  /** Sum of all counters of these kinds. */
  async function countersOf(kinds: string) {
    const [row] = await product.sql<{ points: number }>(
      `select sum(points)::int as points from rates.counts where key ~ '^(${kinds}):'`,
    );
    return row?.points;
  }

  test('are counted with and without an account', async () => {
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

  test('of one household with many addresses count as one address', async () => {
    for (let at = 0; at < 4; at++) {
      await ask(`2001:db8:1:2::${at + 1}`, guess(person.email, WRONG));
    }
    const neighbour = await ask('2001:db8:1:2:ffff::1', guess(person.email, WRONG));
    const stranger = await ask('2001:db8:1:3::1', guess(person.email, WRONG));
    expect([neighbour.status, stranger.status]).toEqual([429, 401]);
  });
});

describe('right passwords', () => {
  let person: Person;
  beforeAll(async () => {
    person = await signUp(product);
  });

  test('are accepted when 120 arrive in groups of ten', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < 12; round++) {
      const group = Array.from({ length: 10 }, (_, at) =>
        ask('203.0.113.13', guess(person.email, person.password), { to: at % 2 ? product : other }),
      );
      for (const { status } of await Promise.all(group)) statuses.push(status);
    }

    expect(statuses).toEqual(Array(120).fill(200));
  });

  test('do not decrement a deleted counter below zero', async () => {
    const client = new pg.Client({ connectionString: product.config.databaseUrl });
    await client.connect();
    await client.query('begin');
    await client.query('lock table users');
    const answer = ask('203.0.113.14', guess(person.email, person.password));
    const waiting = async () => {
      const { rowCount } = await client.query(
        `select from pg_locks where relation = 'users'::regclass and not granted`,
      );
      return rowCount;
    };
    await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
    await product.sql('delete from rates.counts');
    await client.query('commit');
    await client.end();

    expect((await answer).status).toBe(200);
    expect(await product.sql('select key from rates.counts where points < 0')).toEqual([]);
  });
});

const create = (name: string) =>
  `mutation { createUser(input: { username: "${name}", email: "${name}@example.org", password: "a long one to keep" }) { id } }`;

test('new accounts are limited per address and hour, across processes', async () => {
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

test('photos are limited per user and hour, across addresses and routes', async () => {
  const { token } = await signUp(product);
  const request = 'mutation { requestPhotoUpload(contentType: "image/jpeg") { url } }';
  const bad = 'mutation { uploadProfilePhoto(photo: { base64: "AAAA" }) { id } }';

  const first = await ask('203.0.113.30', request, { token });
  const second = await ask('203.0.113.31', bad, { token, to: other });
  const third = await ask('203.0.113.32', request, { token });

  expect([first.status, second.status, third.status]).toEqual([200, 400, 429]);
  expect(third).toMatchObject({ code: 'TOO_MANY_REQUESTS', data: null });
});

test("an admin's photos are not counted, since they belong to many users", async () => {
  const { token } = await signInAdmin(product);
  const bad = 'mutation { uploadProfilePhoto(photo: { base64: "AAAA" }) { id } }';

  const statuses = [];
  for (let at = 0; at < 4; at++) statuses.push((await ask('203.0.113.40', bad, { token })).status);

  expect(statuses).toEqual([400, 400, 400, 400]);
});

/** Somebody new, from an address of their own: of one address there are but a few in an hour. */
async function newcomer() {
  const from = `198.18.0.${++newcomers}`;
  const username = `newcomer-${newcomers}`;
  const email = `${username}@example.org`;
  const { data } = await ask(from, create(username));
  const session = await ask(from, guess(email, 'a long one to keep'));
  const { token } = session.data.signIn;
  return { username, email, id: data.createUser.id as string, token: token as string };
}
let newcomers = 0;

describe('changes of an account', () => {
  const change = ({ id }: { id: string }, input: string) =>
    `mutation { updateUser(id: "${id}", input: { ${input} }) { id } }`;
  let taken: Awaited<ReturnType<typeof newcomer>>;
  beforeAll(async () => {
    taken = await newcomer();
  });

  test.each([
    ['e-mail address', (n: number) => `email: "change${n}@example.org"`, 200],
    ['username', (n: number) => `username: "change-to-${n}"`, 200],
    ['password', (n: number) => `firstName: "${n}", username: null, password: "${n}"`, 400],
    ['taken e-mail address', () => `email: "${taken.email}"`, 409],
    ['taken username', () => `username: "${taken.username}"`, 409],
  ])('to another %s are limited per user and hour, across addresses', async (_, input, status) => {
    const { id, token } = await newcomer();
    const statuses = [];
    for (let at = 0; at < 3; at++) {
      const to = at % 2 ? other : product;
      statuses.push((await ask(`198.18.1.${at}`, change({ id }, input(at)), { token, to })).status);
    }

    const refused = await ask('198.18.1.9', change({ id }, input(3)), { token });

    expect(statuses).toEqual([status, status, status]);
    expect(refused).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS', data: null });
    expect(refused.wait).toBeGreaterThan(3_000);
    expect(Number(refused.retryAfter)).toBe(refused.wait);
  });

  test('are counted individually in one request', async () => {
    const { id, token } = await newcomer();
    const twice = (round: number) =>
      `mutation {
        a: updateUser(id: "${id}", input: { username: "twice-${round}-a" }) { id }
        b: updateUser(id: "${id}", input: { username: "twice-${round}-b" }) { id }
      }`;

    const first = await ask('198.18.2.1', twice(1), { token });
    const second = await ask('198.18.2.1', twice(2), { token });

    expect([first.code, second.code]).toEqual([undefined, 'TOO_MANY_REQUESTS']);
  });

  test('of many users are limited to ten times as many per address', async () => {
    const statuses: number[] = [];
    for (let user = 0; user < 11; user++) {
      const { id, token } = await newcomer();
      for (let at = 0; at < 3; at++) {
        const query = change({ id }, `username: "many-${user}-${at}"`);
        statuses.push((await ask('198.18.3.1', query, { token })).status);
      }
    }

    expect(statuses).toEqual([...Array(30).fill(200), 429, 429, 429]);
  });

  test('of other names, and those by an admin, are not counted', async () => {
    const { id, token } = await newcomer();
    const boss = await signInAdmin(product);
    const statuses = [];
    for (let at = 0; at < 5; at++) {
      const names = change({ id }, `firstName: "N${at}"`);
      const email = change({ id }, `email: "by-admin-${at}@example.org"`);
      statuses.push((await ask('198.18.4.1', names, { token })).status);
      statuses.push((await ask('198.18.4.1', email, { token: boss.token })).status);
    }

    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  test('and new accounts created by a user count for that user, too', async () => {
    const { token } = await newcomer();
    const statuses = [];
    for (let at = 0; at < 4; at++) {
      const query = create(`made-by-user-${at}`);
      statuses.push((await ask(`198.18.5.${at}`, query, { token })).status);
    }

    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('that end in CONFLICT count, as do new accounts', async () => {
    const statuses = [];
    for (let at = 0; at < 5; at++) {
      statuses.push((await ask('198.18.6.1', create(taken.username))).status);
    }

    expect(statuses).toEqual([409, 409, 409, 409, 429]);
  });
});

test('a new crop of a stored photo counts as a photo', async () => {
  const person = await signUp(product);
  await uploadSmallPhoto(person);
  const crop = 'mutation { cropProfilePhoto(crop: { strategy: CENTRE }) { id } }';

  const statuses = [];
  for (let at = 0; at < 2; at++) {
    statuses.push((await ask('203.0.113.41', crop, { token: person.token })).status);
  }

  expect(statuses).toEqual([200, 429]);
});

test('the nightly job deletes expired counters only', async () => {
  const insert = (key: string, expire: number) =>
    product.sql(`insert into rates.counts (key, points, expire) values ('${key}', 1, ${expire})`);
  await insert('upload:expired', Date.now() - 1_000);
  await insert('upload:live', Date.now() + 3_600_000);

  await runJob(product, 'forget_rates');

  const keys = async () =>
    (
      await product.sql<{ key: string }>(
        `select key from rates.counts where key in ('upload:expired', 'upload:live')`,
      )
    ).map(({ key }) => key);
  await expect.poll(keys, { timeout: 20_000 }).toEqual(['upload:live']);
});

describe('a rate-limit counter', () => {
  const keys = async () =>
    (await product.sql<{ key: string }>('select key from rates.counts')).map(({ key }) => key);

  test('does not reveal the user', async () => {
    const person = await newcomer();
    await ask('203.0.113.50', guess(person.email, WRONG));
    const found = (await keys()).join();

    expect(found).not.toMatch(/example\.org|203\.0|2001:db8|198\.51/);
    const known = [person.id, person.email, '203.0.113.50', `${person.email} 203.0.113.50`];
    for (const text of known) {
      expect(found).not.toContain(text);
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const hash = createHash('sha256').update(text).digest(encoding);
        expect(found).not.toContain(hash.replace(/=+$/, ''));
      }
    }
  });

  test('of a user is deleted with them, on every network', async () => {
    const isOfAccount = (key: string) => !/^(sign-up|[a-z]+-network):/.test(key);
    const person = await newcomer();
    const { token } = person;
    const before = await keys();
    const request = 'mutation { requestPhotoUpload(contentType: "image/jpeg") { url } }';
    await ask('203.0.113.60', request, { token });
    await ask(
      '203.0.113.60',
      `mutation { updateUser(id: "${person.id}", input: { email: "X.${person.email}" }) { id } }`,
      { token },
    );
    for (const from of ['203.0.113.60', '203.0.113.61', '2001:db8:9::1']) {
      for (let at = 0; at < 5; at++) await ask(from, guess(`x.${person.email}`, WRONG));
    }
    const counted = (await keys()).filter((key) => !before.includes(key)).filter(isOfAccount);

    await ask('203.0.113.60', `mutation { deleteUser(id: "${person.id}") }`, { token });

    expect(new Set(counted.map((key) => key.replace(/:.*/, '')))).toEqual(
      new Set(['upload', 'account', 'guess', 'wait']),
    );
    expect((await keys()).filter(isOfAccount).toSorted()).toEqual(
      before.filter(isOfAccount).toSorted(),
    );
  });

  test('of a former address is deleted when the user changes it', async () => {
    const person = await newcomer();
    const ofAccounts = async () => (await keys()).filter((key) => /^(guess|wait):/.test(key));
    const before = await ofAccounts();
    for (let at = 0; at < 5; at++) await ask('203.0.113.80', guess(person.email, WRONG));
    const counted = await ofAccounts();

    await ask(
      '203.0.113.81',
      `mutation { updateUser(id: "${person.id}", input: { email: "new.${person.email}" }) { id } }`,
      { token: person.token },
    );

    expect(counted.length).toBe(before.length + 2);
    expect((await ofAccounts()).toSorted()).toEqual(before.toSorted());
  });

  test('of other users is kept when one is deleted', async () => {
    const [person, stranger] = [await newcomer(), await newcomer()];
    for (let at = 0; at < 4; at++) await ask('203.0.113.70', guess(stranger.email, WRONG));

    const { token } = person;
    await ask('203.0.113.71', `mutation { deleteUser(id: "${person.id}") }`, { token });

    expect((await ask('203.0.113.70', guess(stranger.email, WRONG))).status).toBe(429);
  });
});

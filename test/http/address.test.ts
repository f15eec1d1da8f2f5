import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct({ TRUST_PROXY: '1', RATE_SIGN_UP: '1' });
});
afterAll(() => product.close());

/** Creates an account, as a client with this `X-Forwarded-For` header; returns the HTTP status. */
async function create(forwarded: string | undefined) {
  const name = `u${randomUUID().slice(0, 13)}`;
  const answer = await fetch(`${product.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }),
    },
    body: JSON.stringify({
      query: `mutation { createUser(input: { username: "${name}", email: "${name}@example.org", password: "a long one to keep" }) { id } }`,
    }),
  });
  await answer.body?.cancel();
  return answer.status;
}

describe('behind a proxy, a client address', () => {
  test.each([
    ['with a port', '192.0.2.1', '192.0.2.1:5678'],
    ['of IPv6 in brackets', '2001:db8:1::1', '[2001:db8:1::1]'],
    ['of IPv6 with a port', '2001:db8:2::1', '[2001:db8:2::1]:443'],
    ['with a zone', 'fe80::1', 'fe80::1%eth0'],
    ['with a zone and a port', 'fe80:0:0:1::1', '[fe80:0:0:1::1%25eth0]:443'],
    ['in quotes', '2001:db8:3::1', '"[2001:db8:3::1]:443"'],
    ['of IPv4 written as IPv6', '192.0.2.2', '::ffff:192.0.2.2'],
    ['after entries forged by the client', '192.0.2.3', '203.0.113.9, unknown ,  192.0.2.3'],
  ])('%s is the address itself', async (_, plain, written) => {
    expect([await create(plain), await create(written)]).toEqual([200, 429]);
  });

  test('that is unknown, obfuscated, invalid or missing is the address of the proxy', async () => {
    const statuses = [];
    for (const forwarded of [
      'unknown',
      '_hidden',
      '203.0.113.1, ',
      '999.1.1.1',
      '0x7f.1',
      '1.2.3.4:port',
      '[::1',
      '[2001:db8::1]x',
      'a'.repeat(5_000),
      '',
      undefined,
    ]) {
      statuses.push(await create(forwarded));
    }
    expect(statuses).toEqual([200, ...Array(10).fill(429)]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';

const ALLOWED_ORIGIN = 'https://people.example.org';

let product: Product;
beforeAll(async () => {
  product = await startProduct({ CORS_ORIGINS: `${ALLOWED_ORIGIN}, https://other.example.org` });
});
afterAll(() => product.close());

const ask = (headers: Record<string, string> = {}, method = 'POST') =>
  fetch(`${product.url}/graphql`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'POST' && { body: '{"query":"{ me { id } }"}' }),
  });

const preflight = (origin: string) =>
  ask(
    {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,apollo-require-preflight',
    },
    'OPTIONS',
  );

test('responses cannot be sniffed, framed, scripted or embedded by other sites', async () => {
  for (const path of ['/graphql', '/healthz', '/nothing']) {
    const { headers } = await fetch(product.url + path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'strict-transport-security': expect.stringContaining('max-age='),
    });
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  }
});

describe('pages of other origins', () => {
  test('may send requests if CORS_ORIGINS lists them', async () => {
    const { headers: before } = await preflight(ALLOWED_ORIGIN);
    const { status, headers } = await ask({ origin: ALLOWED_ORIGIN });

    expect(before.get('access-control-allow-origin')).toBe(ALLOWED_ORIGIN);
    expect(before.get('access-control-allow-headers')).toContain('authorization');
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(ALLOWED_ORIGIN);
    // Tokens are sent in a header: no cookies are needed.
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  test.each(['https://people.example.org.evil.example', 'http://people.example.org', 'null'])(
    'may not as %s',
    async (origin) => {
      const { headers } = await preflight(origin);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('cannot send requests without a preflight: the error names the missing header', async () => {
    const answer = await fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"query":"{ me { id } }"}',
    });

    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/apollo-require-preflight/);
  });
});

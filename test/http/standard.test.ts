/** Conformance to the GraphQL over HTTP specification, by the audit of its reference implementation. */
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const audits = serverAudits({
  url: () => `${product.url}/graphql`,
  // GET requests need the header that pages of other origins cannot send without a preflight.
  fetchFn: (address: string, init?: RequestInit) =>
    fetch(address, { ...init, headers: { ...init?.headers, 'apollo-require-preflight': 'true' } }),
});

/** Deliberate departures: always 400, so that clients that only check the status do not mistake an error for success. */
const DEPARTURES = new Set([
  'SHOULD use 200 status code on document parsing failure when accepting application/json',
  'SHOULD use 200 status code on document validation failure when accepting application/json',
  'SHOULD use a status code of 200 on variable coercion failure when accepting application/json',
]);

describe('a server', () => {
  test.each(audits.map(({ name, fn }) => [name, fn] as const))('%s', async (name, audit) => {
    const result = await audit();
    const isDeparture = DEPARTURES.has(name);
    expect(isDeparture && name.startsWith('MUST')).toBe(false);
    expect(result.status).toBe(isDeparture ? 'warn' : 'ok');
  });
});

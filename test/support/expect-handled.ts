import { expect } from 'vitest';
import type { Product } from './product.ts';

/** ms; no request takes a second, even on a busy machine. */
const RESPONSE_TIMEOUT_MS = 15_000;

const SERVER_FAULTS = [
  'INTERNAL_SERVER_ERROR',
  'PROCESSING_FAILED',
  'PROCESSING_UNAVAILABLE',
  'OVERLOADED',
];

/** Sends a request and expects a response without a server fault: every part of the product is up. */
export async function expectHandled(
  { url }: Pick<Product, 'url'>,
  { path = '/graphql', ...request }: RequestInit & { path?: string },
) {
  const answer = await fetch(url + path, {
    method: 'POST',
    signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    ...request,
  });
  const text = await answer.text();
  expect(answer.status, text).toBeLessThan(500);
  for (const code of SERVER_FAULTS) expect(text).not.toContain(`"${code}"`);
  return { status: answer.status, text };
}

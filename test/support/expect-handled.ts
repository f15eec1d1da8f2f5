import { expect } from 'vitest';
import type { Product } from './product.ts';

/** ms; nothing that is tried takes a second, even on a busy machine. */
const HANG = 15_000;

const OURS = ['INTERNAL_SERVER_ERROR', 'PROCESSING_FAILED', 'PROCESSING_UNAVAILABLE', 'OVERLOADED'];

/** Sends a body, and makes sure that it is answered, and not with a fault of ours: all of the product is well. */
export async function expectHandled(
  { url }: Pick<Product, 'url'>,
  { path = '/graphql', ...request }: RequestInit & { path?: string },
) {
  const answer = await fetch(url + path, {
    method: 'POST',
    signal: AbortSignal.timeout(HANG),
    ...request,
  });
  const text = await answer.text();
  expect(answer.status, text).toBeLessThan(500);
  for (const code of OURS) expect(text).not.toContain(`"${code}"`);
  return { status: answer.status, text };
}

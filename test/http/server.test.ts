import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

test('keeps nothing on a connection that is used again and again', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));

  for (let count = 0; count < 20; count += 1) {
    const asked = request(`${product.url}/graphql?query={me{id}}`, {
      agent,
      headers: { 'apollo-require-preflight': 'true' },
    });
    const [answer] = await once(asked.end(), 'response');
    expect(answer.statusCode).toBe(200);
    await once(answer.resume(), 'end');
  }

  expect(warnings).toEqual([]);
});

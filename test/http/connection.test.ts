import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

test('a persistent connection does not accumulate listeners across requests', async () => {
  const warnings: string[] = [];
  const listen = ({ name }: Error) => warnings.push(name);
  process.on('warning', listen);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  for (let i = 0; i < 15; i++) await ask(agent);

  process.off('warning', listen);
  agent.destroy();
  expect(warnings).not.toContain('MaxListenersExceededWarning');
});

const ask = (agent: Agent) =>
  new Promise((resolve, reject) => {
    const headers = { 'apollo-require-preflight': 'true' };
    request(`${product.url}/graphql?query={me{id}}`, { agent, headers })
      .on('response', (answer) => resolve(text(answer)))
      .on('error', reject)
      .end();
  });

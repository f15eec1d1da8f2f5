import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { graphqlClient } from '../support/client.ts';
import { type Issuer, startIssuer } from '../support/issuer.ts';
import { captureLog, type Log } from '../support/log.ts';
import { type Product, startProduct } from '../support/product.ts';

let log: Log;
let issuer: Issuer;
let product: Product;
beforeAll(async () => {
  log = captureLog();
  issuer = await startIssuer();
  product = await startProduct({ ...issuer.env, LOG_LEVEL: 'info' });
});
afterAll(async () => {
  await product.close();
  await issuer.close();
  log.release();
});
afterEach(() => issuer.overrides.clear());

const users = async () => {
  const token = await issuer.token({ sub: 'anna', email: 'anna@example.org' });
  return graphqlClient(product, token).send('{ users { totalCount } }');
};
const faults = () => log.entries().filter(({ level }) => level >= 50);

const CONFIGURATION = '/.well-known/openid-configuration';
/** In this order: a configuration or a key that was read once is cached. */
const ILLS: [string, () => unknown][] = [
  ['does not answer', () => issuer.stop()],
  ['has no configuration', () => answer(CONFIGURATION, 404, 'Not here.')],
  ['has a configuration that is none', () => answer(CONFIGURATION, 200, 'Welcome!')],
  [
    'has the configuration of another issuer',
    () =>
      answer(
        CONFIGURATION,
        200,
        JSON.stringify({ issuer: 'https://other.example', jwks_uri: `${issuer.url}/keys` }),
      ),
  ],
  ['cannot give its keys', () => answer('/keys', 503, 'In a moment.')],
  ['gives keys that are none', () => answer('/keys', 200, 'Welcome!')],
  ['gives keys without keys', () => answer('/keys', 200, '{}')],
  ['hangs up', () => issuer.overrides.set('/keys', ({ socket }) => socket.destroy())],
];

describe('an issuer', { shuffle: false }, () => {
  test.each(ILLS)('that %s is an internal error, not an invalid token', async (_, ill) => {
    const before = faults().length;
    await ill();

    const answer = await users();
    await issuer.restart();

    expect(answer).toMatchObject({
      status: 500,
      data: null,
      errors: [
        {
          message: 'Something failed on our side; it is in our log. Try again in a moment.',
          extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: true },
        },
      ],
    });
    expect(faults().length).toBe(before + 1);
    expect(faults().at(-1)?.err?.message).toContain('identity provider');
  });
});

test('anonymous requests work without it', async () => {
  await issuer.stop();

  const { status } = await graphqlClient(product).send('{ uploadPolicy { maxBytes } }');
  await issuer.restart();

  expect(status).toBe(200);
});

test('tokens are accepted again once it has recovered', async () => {
  expect((await users()).status).toBe(200);
});

function answer(path: string, status: number, body: string) {
  issuer.overrides.set(path, (_request, response) => response.writeHead(status).end(body));
}

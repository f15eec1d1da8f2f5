import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Person, signInAdmin, signUp } from '../support/client.ts';
import { anyOperation } from '../support/documents.ts';
import { expectHandled } from '../support/expect-handled.ts';
import { anyJson, anyText, checkProperty, deepen } from '../support/fuzz.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let user: Person;
let adminUser: Person;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50', BLUR: 'false' });
  user = await signUp(product);
  adminUser = await signInAdmin(product);
});
afterAll(() => product.close());
afterEach(async () => {
  expect((await fetch(`${product.url}/readyz`)).status).toBe(200);
});

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }) { photo { id } }
}`;

const JSON_TYPE = { 'content-type': 'application/json' };

const callers = () => ({
  anonymous: {},
  user: { authorization: `Bearer ${user.token}` },
  admin: { authorization: `Bearer ${adminUser.token}` },
});

const send = (body: string, headers: Record<string, string> = {}) =>
  expectHandled(product, { body: deepen(body), headers: { ...JSON_TYPE, ...headers } });

test('arbitrary arguments from any caller never cause an internal error', async () => {
  const { data } = await user.upload(UPLOAD, await makePhoto());
  const { id: photoId } = data.uploadProfilePhoto.photo;
  const other = await signUp(product);
  // Without the caller's own account: its deletion would end the test's access.
  const operation = anyOperation([other.id, other.profileId, user.profileId, photoId]);

  await checkProperty(
    fc.asyncProperty(
      fc.constantFrom('anonymous' as const, 'user' as const, 'admin' as const),
      operation,
      async (caller, { query, variables }) => {
        const body = JSON.stringify({ query, variables });
        const { text } = await send(body, callers()[caller]);
        expect(JSON.parse(text)).toHaveProperty(text.includes('"data"') ? 'data' : 'errors');
      },
    ),
  );
});

test('arbitrary JSON instead of a request never causes an internal error', () =>
  checkProperty(
    fc.asyncProperty(
      fc.oneof(
        anyJson,
        fc.record(
          {
            query: fc.oneof(anyJson, anyText, fc.constant('{ me { id } }')),
            variables: anyJson,
            operationName: fc.oneof(anyJson, anyText),
            extensions: fc.oneof(anyJson, fc.record({ persistedQuery: anyJson })),
          },
          { requiredKeys: [] },
        ),
      ),
      async (json) => void (await send(JSON.stringify(json), callers().user)),
    ),
  ));

test('an arbitrary body with an arbitrary Content-Type never causes an internal error', () =>
  checkProperty(
    fc.asyncProperty(
      anyText,
      fc.oneof(
        fc.constantFrom(
          'application/json',
          'text/plain',
          'application/graphql',
          'multipart/form-data',
        ),
        fc.constantFrom(
          'multipart/form-data; boundary=',
          'application/json; charset=utf-7',
          '',
          ',',
        ),
        fc.string({ maxLength: 20 }).filter((type) => /^[ -~]*$/.test(type)),
      ),
      async (body, type) =>
        void (await expectHandled(product, { body, headers: { 'content-type': type } })),
    ),
  ));

test('arbitrary GraphQL documents never cause an internal error', () => {
  const words = [
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    ':',
    '!',
    '$',
    '...',
    '@',
    '"',
    '"""',
    '#',
    '|',
    '&',
    '=',
  ];
  const names = [
    'query',
    'mutation',
    'subscription',
    'fragment',
    'on',
    'me',
    'users',
    'id',
    'first',
  ];
  const tokens = fc.array(fc.constantFrom(...words, ...names, '1', '1e9', '\ufeff', '\n'), {
    maxLength: 60,
  });

  return checkProperty(
    fc.asyncProperty(
      tokens,
      async (document) => void (await send(JSON.stringify({ query: document.join(' ') }))),
    ),
  );
});

test('arbitrary query strings never cause an internal error', () =>
  checkProperty(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom('query', 'variables', 'extensions', 'operationName'), anyText),
      async (query) => {
        const address = `/graphql?${new URLSearchParams(query)}`;
        const headers = { 'apollo-require-preflight': 'true' };
        await expectHandled(product, { method: 'GET', path: address, headers });
      },
    ),
  ));

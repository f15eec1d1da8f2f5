import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Person, signInAdmin, signUp } from '../support/client.ts';
import { anyOperation } from '../support/documents.ts';
import { expectHandled } from '../support/expect-handled.ts';
import { anyJson, anyText, checkProperty, deepen } from '../support/fuzz.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let somebody: Person;
let chief: Person;
beforeAll(async () => {
  product = await startProduct({ THUMB_DIMENSIONS: '50', BLUR: 'false' });
  somebody = await signUp(product);
  chief = await signInAdmin(product);
});
afterAll(() => product.close());
afterEach(async () => {
  expect((await fetch(`${product.url}/readyz`)).status).toBe(200);
});

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }) { photo { id } }
}`;

const JSON_TYPE = { 'content-type': 'application/json' };

const people = () => ({
  nobody: {},
  somebody: { authorization: `Bearer ${somebody.token}` },
  chief: { authorization: `Bearer ${chief.token}` },
});

const send = (body: string, headers: Record<string, string> = {}) =>
  expectHandled(product, { body: deepen(body), headers: { ...JSON_TYPE, ...headers } });

test('whatever the fields are given, by whomever, no answer is a fault of ours', async () => {
  const { data } = await somebody.upload(UPLOAD, await makePhoto());
  const { id: photoId } = data.uploadProfilePhoto.photo;
  const other = await signUp(product);
  // Their own account is not among them: who deletes that would try nothing more.
  const operation = anyOperation([other.id, other.profileId, somebody.profileId, photoId]);

  await checkProperty(
    fc.asyncProperty(
      fc.constantFrom('nobody' as const, 'somebody' as const, 'chief' as const),
      operation,
      async (who, { query, variables }) => {
        const body = JSON.stringify({ query, variables });
        const { text } = await send(body, people()[who]);
        expect(JSON.parse(text)).toHaveProperty(text.includes('"data"') ? 'data' : 'errors');
      },
    ),
  );
});

test('whatever JSON comes instead of a request', () =>
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
      async (json) => void (await send(JSON.stringify(json), people().somebody)),
    ),
  ));

test('whatever text comes, as whatever type it says it is', () =>
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

test('whatever a document is made of', () => {
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

test('whatever an address of the API is given', () =>
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

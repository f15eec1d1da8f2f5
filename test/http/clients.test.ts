/** Slightly incorrect requests are accepted, or rejected with a helpful error, and never logged as an internal error. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { captureLog, type Log } from '../support/log.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { multipart, PREFLIGHT, sendBody, uploadParts } from '../support/streamed-request.ts';

const ME = '{ me { id } }';
const FOLLOW = 'subscription { photo(id: "x") { status } }';
const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { photo { status } } }';

let log: Log;
let product: Product;
let person: Person;
beforeAll(async () => {
  log = captureLog();
  product = await startProduct({ LOG_LEVEL: 'info' });
  person = await signUp(product);
});
afterAll(async () => {
  await product.close();
  log.release();
  // No request of this file is an internal error.
  expect(log.entries().filter(({ level }) => level >= 50)).toEqual([]);
});

async function ask(init: RequestInit & { path?: string } = {}) {
  const { path = '/graphql', ...request } = init;
  const { authorization } = { authorization: `Bearer ${person.token}` };
  const answer = await fetch(product.url + path, {
    method: 'POST',
    ...request,
    headers: { authorization, 'content-type': 'application/json', ...request.headers },
  });
  const body = await answer.text();
  return { status: answer.status, body, headers: answer.headers };
}
const json = (body: unknown) => ask({ body: JSON.stringify(body) });
const byUrl = (parameters: Record<string, string>) =>
  ask({ method: 'GET', path: `/graphql?${new URLSearchParams(parameters)}`, headers: PREFLIGHT });

describe('a subscription over HTTP is rejected with a helpful error', () => {
  const both = `query A { me { id } } ${FOLLOW.replace('subscription', 'subscription B')}`;

  test.each([
    ['by POST', () => json({ query: FOLLOW })],
    ['by GET', () => byUrl({ query: FOLLOW })],
    ['as one of several', () => json({ query: both, operationName: 'B' })],
    [
      'by the hash of a document that was registered for another operation',
      async () => {
        const sha256Hash = Buffer.from(
          await crypto.subtle.digest('SHA-256', Buffer.from(both)),
        ).toString('hex');
        const extensions = { persistedQuery: { version: 1, sha256Hash } };
        await json({ query: both, operationName: 'A', extensions });
        return json({ operationName: 'B', extensions });
      },
    ],
  ])('%s', async (_, send) => {
    const { status, body } = await send();

    expect(status).toBe(400);
    expect(JSON.parse(body).errors[0]).toMatchObject({
      message: expect.stringMatching(/WebSocket.*\/graphql.*wss:\/\/.*graphql-transport-ws/),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  test('is ignored in a document if another operation is selected', async () => {
    expect((await json({ query: both, operationName: 'A' })).status).toBe(200);
  });
});

describe('is accepted', () => {
  test.each<[string, () => ReturnType<typeof ask>]>([
    ['an empty operationName', () => json({ query: ME, operationName: '' })],
    ['an empty operationName in a URL', () => byUrl({ query: ME, operationName: '' })],
    [
      'null for absent members',
      () => json({ query: ME, variables: null, extensions: null, operationName: null }),
    ],
    [
      'a charset',
      () =>
        ask({
          body: JSON.stringify({ query: ME }),
          headers: { 'content-type': 'application/json; charset=UTF-8' },
        }),
    ],
    [
      'a media type in mixed case',
      () =>
        ask({
          body: JSON.stringify({ query: ME }),
          headers: { 'content-type': 'Application/JSON' },
        }),
    ],
    [
      'the media type of GraphQL',
      () =>
        ask({
          body: JSON.stringify({ query: ME }),
          headers: { accept: 'application/graphql-response+json' },
        }),
    ],
    ['a query by GET', () => byUrl({ query: ME })],
    [
      'a scheme in lower case',
      () =>
        ask({
          body: JSON.stringify({ query: ME }),
          headers: { authorization: `bearer ${person.token}` },
        }),
    ],
  ])('%s', async (_, send) => {
    const { status, body } = await send();
    expect([status, JSON.parse(body)]).toEqual([200, { data: { me: { id: person.id } } }]);
  });

  test.each(['Multipart/Form-Data', 'MULTIPART/FORM-DATA', 'multipart/form-data '])(
    'a file as %s',
    async (type) => {
      const answer = await sendBody(product, multipart(uploadParts(UPLOAD, await makePhoto())), {
        ...PREFLIGHT,
        authorization: `Bearer ${person.token}`,
        'content-type': `${type}; boundary=xxxxxxxx`,
      });
      expect(answer).toMatchObject({ status: 200, errors: [] });
    },
  );
});

describe('is rejected with a helpful error', () => {
  const type = (value: string) => ({
    body: JSON.stringify({ query: ME }),
    headers: { 'content-type': value, ...PREFLIGHT },
  });

  test.each<[string, () => ReturnType<typeof ask>, number, RegExp]>([
    ['a batch', () => json([{ query: ME }]), 400, /Batches are not accepted/],
    ['an empty body', () => ask({ body: '' }), 400, /body|Body/],
    ['no query', () => json({ variables: {} }), 400, /query/],
    ['another media type', () => ask(type('application/xml')), 400, /application\/json/],
    ['the old media type', () => ask(type('application/graphql')), 400, /application\/json/],
    ['PUT', () => ask({ method: 'PUT', body: '{}' }), 405, /POST/],
    [
      'a mutation by GET',
      () => byUrl({ query: 'mutation { deleteUser(id: "x") }' }),
      405,
      /GET requests only support query/,
    ],
    [
      'variables as a string',
      () => json({ query: ME, variables: '{}' }),
      400,
      /`variables`.*object/,
    ],
    [
      'a token without its scheme',
      () => ask({ body: JSON.stringify({ query: ME }), headers: { authorization: person.token } }),
      200,
      /Authorization: Bearer/,
    ],
    ['an unknown operation name', () => json({ query: ME, operationName: 'none' }), 400, /none/],
  ])('%s', async (...[, send, status, message]) => {
    const answer = await send();
    expect([answer.status, answer.body]).toEqual([status, expect.stringMatching(message)]);
  });

  test('HEAD', async () => {
    const { status, headers } = await ask({ method: 'HEAD' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  test.each(['a b', '[', 'x:y:z', ''])('a Host of %j', async (host) => {
    const { hostname, port } = new URL(product.url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    const body = JSON.stringify({ query: ME });
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 [24]\d\d /);
  });
});

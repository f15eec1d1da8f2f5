import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAllowlist } from '../../src/graphql/trusted-documents.ts';
import { graphqlClient } from '../support/client.ts';
import { createFolder, REPOSITORY } from '../support/postgres.ts';
import { type Product, startProduct } from '../support/product.ts';
import { subscriptionClient } from '../support/subscription.ts';

const LISTED = '{ uploadPolicy { maxBytes } }';
const FOLLOW = 'subscription ($id: ID!) { photo(id: $id) { status } }';
const OTHER = '{ uploadPolicy { maxPixels } }';
const UPLOAD = 'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { id } }';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const persisted = (text: string, version = 1) => ({
  persistedQuery: { version, sha256Hash: hashOf(text) },
});

let folder: string;
let listing: Product;
let open: Product;
beforeAll(async () => {
  folder = await createFolder();
  const path = join(folder, 'operations.json');
  const manifest = Object.fromEntries([LISTED, FOLLOW].map((text) => [hashOf(text), text]));
  await writeFile(path, JSON.stringify(manifest));
  [listing, open] = await Promise.all([startProduct({ OPERATIONS: path }), startProduct()]);
});
afterAll(() => Promise.all([listing.close(), open.close()]));

async function post(product: Product, body: object) {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${product.url}/graphql`, request);
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

async function get(product: Product, query: Record<string, string>) {
  const headers = { 'apollo-require-preflight': 'true' };
  const address = `${product.url}/graphql?${new URLSearchParams(query)}`;
  return (await fetch(address, { headers })).status;
}

const refused = { status: 403, body: { errors: [{ extensions: { code: 'FORBIDDEN' } }] } };

describe('with an allowlist', () => {
  test('a listed operation is accepted by its text, by its hash, and by both', async () => {
    const extensions = persisted(LISTED);
    const answers = await Promise.all([
      post(listing, { query: LISTED }),
      post(listing, { extensions }),
      post(listing, { query: LISTED, extensions }),
    ]);

    const data = { uploadPolicy: { maxBytes: 26_214_400 } };
    expect(answers).toEqual(answers.map(() => ({ status: 200, body: { data } })));
    expect(await get(listing, { extensions: JSON.stringify(extensions) })).toBe(200);
  });

  test('any other operation is rejected, and cannot be registered', async () => {
    expect(await post(listing, { query: OTHER })).toMatchObject(refused);
    const both = { query: OTHER, extensions: persisted(OTHER) };
    expect(await post(listing, both)).toMatchObject(refused);
    expect(await post(listing, { extensions: persisted(OTHER) })).toMatchObject(refused);
    expect(await get(listing, { query: OTHER })).toBe(403);
  });

  test('the hash of a listed operation with another document is rejected', async () => {
    const { status, body } = await post(listing, { query: OTHER, extensions: persisted(LISTED) });

    expect(status).toBe(400);
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('a file upload is rejected with its operation', async () => {
    const { status } = await graphqlClient(listing).upload(UPLOAD, new Uint8Array(9));
    expect(status).toBe(403);
  });

  test('subscriptions are restricted, too', async () => {
    const socket = subscriptionClient(listing);
    const variables = { id: 'none' };
    const subscribe = (asked: object) =>
      socket.iterate({ query: '', variables, ...asked }).next() as Promise<unknown>;
    const answered = expect.objectContaining({ code: 'UNAUTHENTICATED' });

    for (const asked of [{ query: FOLLOW }, { extensions: persisted(FOLLOW) }]) {
      const answer = await subscribe(asked).catch((errors: unknown) => ({ value: { errors } }));
      expect(answer).toMatchObject({ value: { errors: [{ extensions: answered }] } });
    }
    const other = subscribe({ query: FOLLOW.replace('status', 'id') });
    await expect(other).rejects.toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    await socket.dispose();
  });
});

describe('without an allowlist', () => {
  test('a document that was sent with its hash can be sent by hash afterwards', async () => {
    const extensions = persisted(LISTED);
    const first = await post(open, { extensions });
    await post(open, { query: LISTED, extensions });

    expect(first.body.errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect((await post(open, { extensions })).body).toHaveProperty('data');
  });

  test.each([
    ['none', { persistedQuery: {} }],
    ['of another version', persisted(LISTED, 2)],
    ['of another document', persisted(OTHER)],
    ['not a string', { persistedQuery: { version: 1, sha256Hash: 1 } }],
  ])('a hash that is %s is a client error', async (_what, extensions) => {
    const { status, body } = await post(open, { query: LISTED, extensions });

    expect(status).toBe(400);
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    expect(await get(open, { query: LISTED, extensions: JSON.stringify(extensions) })).toBe(400);
  });
});

describe('the allowlist', () => {
  test('written by npm run operations contains all operations of the web app and the playground', async () => {
    const { stdout } = await promisify(execFile)('npm', ['run', '-s', 'operations'], {
      cwd: REPOSITORY,
    });
    const path = join(folder, 'ours.json');
    await writeFile(path, stdout);
    const manifest = await readAllowlist(path);

    const { data } = await graphqlClient(open).send('{ uploadPolicy { maxBytes } }');
    expect(data).not.toBeNull();
    const tab = await readFile(join(REPOSITORY, 'schema/operations/6-me.graphql'), 'utf8');
    expect([...manifest.values()]).toContain(tab.replace(/^# \{.*\}\n/, ''));
    expect(manifest.size).toBeGreaterThan(15);
  });

  test.each([
    ['does not exist', undefined, /ENOENT/],
    ['is not JSON', 'x', /JSON/],
    [
      'has a document under the hash of another',
      JSON.stringify({ [hashOf('a')]: 'b' }),
      /another text/,
    ],
  ])('that %s fails the start with one line', async (_what, text, reason) => {
    const path = join(folder, `${hashOf(text ?? '').slice(0, 8)}.json`);
    if (text !== undefined) await writeFile(path, text);

    await expect(readAllowlist(path)).rejects.toThrow(reason);
    await expect(readAllowlist(path)).rejects.toThrow(
      /^OPERATIONS: .*npm run operations writes it\.$/,
    );
  });
});

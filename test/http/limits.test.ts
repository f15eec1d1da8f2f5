import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphqlClient, type Person, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import { subscriptionClient } from '../support/subscription.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct();
  person = await signUp(product);
});
afterAll(() => product.close());

const DOT = 'data:image/png;base64,AAAA';

const many = (count: number, field: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => field(at)).join(' ');
const deep = (levels: number): string =>
  levels === 0 ? 'id' : `user { profile { ${deep(levels - 1)} } }`;

describe('rejects before anything runs', () => {
  test.each([
    ['a document of more than 1,000 tokens', `{ ${many(1_100, () => 'me { id }')} }`, /token/i],
    [
      'more than thirty aliases',
      `{ ${many(40, (at) => `a${at}: me { id }`)} }`,
      /40 aliases; at most 30/,
    ],
    ['more than fifteen levels', `{ me { profile { ${deep(9)} } } }`, /levels; at most 15/],
    [
      'more than twenty directives',
      `{ me { ${many(25, () => 'id @include(if: true)')} } }`,
      /25 directives; at most 20/,
    ],
    [
      'pages of pages',
      `{ a: users(first: 100) { ${everything()} } b: users(first: 100) { ${everything()} } }`,
      /costs \d+; at most 6000/,
    ],
  ])('%s', async (_what, query, message) => {
    const { status, errors, data } = await person.send(query);

    expect({ status, data }).toEqual({ status: 400, data: null });
    expect(errors.map((error) => error.message).join()).toMatch(message);
  });

  test('a variable of 50,000 brackets', async () => {
    const query = 'query ($filter: UserFilter) { users(filter: $filter) { totalCount } }';
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const response = await fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${person.token}` },
      body: `{"query":${JSON.stringify(query)},"variables":{"filter":${nested}}}`,
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  test('25 photos in one request, none of which is started', async () => {
    const { status, errors } = await person.send(
      `mutation { ${many(25, (at) => `p${at}: uploadProfilePhoto(photo: { base64: "${DOT}" }) { id }`)} }`,
    );

    expect(status).toBe(400);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', limit: 6_000 });
    expect(await product.sql('select id from photos')).toEqual([]);
  });

  test('many password guesses in one request', async () => {
    const guesses = many(
      5,
      (at) => `g${at}: signIn(email: "${person.email}", password: "guess ${at} 1234") { token }`,
    );
    const { status, data } = await graphqlClient(product).send(`mutation { ${guesses} }`);
    expect({ status, data }).toEqual({ status: 400, data: null });
  });

  test('a page size hidden in variables, fragments and defaults', async () => {
    const query = `query ($n: Int = 100) {
      a: users(first: $n) { ...All } b: users(last: $n) { ...All }
    } fragment All on UserConnection { ${everything()} }`;
    const { status, errors } = await person.send(query);
    expect(status).toBe(400);
    expect(errors[0]?.message).toMatch(/costs \d+/);
  });

  test('more rows, or another field, than the same operation requested before', async () => {
    const query = `query ($n: Int = 100, $all: Boolean = true) {
      a: users(first: $n) @include(if: $all) { ${everything()} } b: users(first: $n) { ${everything()} }
    }`;
    const statuses: number[] = [];
    for (const variables of [
      { n: 1 },
      { n: 90 },
      { n: null },
      {},
      { n: 90, all: false },
      { n: 90 },
    ])
      statuses.push((await person.send(query, variables)).status);

    // Null means the default page size of 20; an absent variable means the operation's own default of 100.
    expect(statuses).toEqual([200, 400, 200, 400, 200, 400]);
  });

  test.each([
    [
      '29 counted searches',
      (at: number) => `a${at}: users(filter: { search: "at" }) { totalCount }`,
      29,
    ],
    [
      'six counted searches',
      (at: number) => `a${at}: users(filter: { search: "at" }) { totalCount }`,
      6,
    ],
    ['twelve counts', (at: number) => `a${at}: users { totalCount }`, 12],
    [
      'twelve searches',
      (at: number) => `a${at}: users(first: 1, filter: { search: "at" }) { edges { cursor } }`,
      12,
    ],
  ])('%s in one request', async (_what, field, count) => {
    const { status, data, errors } = await person.send(`{ ${many(count, field)} }`);

    expect({ status, data }).toEqual({ status: 400, data: null });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', limit: 6_000 });
  });

  test.each([
    {
      what: 'an input object',
      head: 'query ($f: UserFilter)',
      filter: '$f',
      blank: { f: { search: ' ' } },
      searching: { f: { search: 'at' } },
    },
    {
      what: 'a string',
      head: 'query ($s: String)',
      filter: '{ search: $s }',
      blank: { s: '' },
      searching: { s: 'at' },
    },
    {
      what: 'the default',
      head: 'query ($f: UserFilter = { search: "at" })',
      filter: '$f',
      blank: { f: null },
      searching: {},
    },
  ])('searches $what in a variable', async ({ head, filter, blank, searching }) => {
    const query = `${head} { ${many(6, (at) => `a${at}: users(filter: ${filter}) { totalCount }`)} }`;
    // Caches the cost without a search.
    const before = await person.send(query, blank);

    const { status } = await person.send(query, searching);

    expect([before.status, status]).toEqual([200, 400]);
  });

  test('pages offset by a negative page', async () => {
    const { status, data } = await person.send(
      `{ less: users(first: -100) { ${everything()} } a: users(first: 90) { ${everything()} } b: users(first: 90) { ${everything()} } }`,
    );
    expect({ status, data }).toEqual({ status: 400, data: null });
  });

  test('fragments that spread each other', async () => {
    const { status } = await person.send(
      '{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }',
    );
    expect(status).toBe(400);
  });

  test('fragments that double each other, immediately', async () => {
    const doubling = many(30, (at) => `fragment F${at} on User { ...F${at + 1} ...F${at + 1} }`);
    const { status, errors } = await person.send(
      `{ me { ...F0 } } ${doubling} fragment F30 on User { id }`,
    );
    expect(status).toBe(400);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('an unknown operation name', async () => {
    for (const query of ['{ me { id } }', 'query A { me { id } }']) {
      const answer = await fetch(`${product.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, operationName: 'none' }),
      });
      expect([answer.status, await answer.text()]).toEqual([
        400,
        expect.stringContaining('OPERATION_RESOLUTION_FAILURE'),
      ]);
    }
  });

  test('batches', async () => {
    const answer = await fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ query: '{ me { id } }' }, { query: '{ me { id } }' }]),
    });
    expect(answer.status).toBe(400);
  });
});

describe('limits a document before it is validated, on every transport', () => {
  const ROOTS = { HTTP: 'query', WebSocket: 'subscription' };
  const photo = (selection: string) => `photo(id: "x") { ${selection} }`;
  const documents: [string, (root: string) => string, RegExp][] = [
    [
      'a field repeated 1,470 times in 16 KB',
      (root) => `${root}{photo(id:1){${many(1_470, () => 'crop{x}')}}}`,
      /more that 1000 tokens/,
    ],
    [
      'a field with a selection repeated 100 times',
      (root) => `${root} { ${photo(many(100, () => 'crop { x }'))} }`,
      /4950 pairs of fields with the same name; at most 2000/,
    ],
    [
      'a field with arguments repeated 100 times',
      (root) => `${root} { ${photo(many(100, () => 'url(size: 100)'))} }`,
      /4950 pairs of fields with the same name; at most 2000/,
    ],
    [
      'more than 500 fields, unknown ones among them',
      (root) => `${root} { ${photo(many(600, (at) => `x${at}`))} }`,
      /601 fields; at most 500/,
    ],
    [
      'more than thirty fragments, defined or not',
      (root) => `${root} { ${photo(many(400, (at) => `...F${at}`))} }`,
      /400 fragments; at most 30/,
    ],
    [
      'fragments that double each other',
      (root) =>
        `${root} { ${photo('...F0')} } ${many(25, (at) => `fragment F${at} on Photo { ...F${at + 1} ...F${at + 1} }`)} fragment F25 on Photo { id }`,
      /\d+ fields, fragments expanded; at most 2000/,
    ],
    [
      'more than thirty aliases',
      (root) => `${root} { ${photo(many(40, (at) => `a${at}: id`))} }`,
      /40 aliases; at most 30/,
    ],
    [
      'more than twenty directives',
      (root) => `${root} { ${photo(many(25, () => 'id @include(if: true)'))} }`,
      /25 directives; at most 20/,
    ],
    [
      'more than fifteen levels, through fragments',
      (root) =>
        `${root} { ${photo('...A')} } ${many(20, (at) => `fragment ${at ? `F${at}` : 'A'} on Photo { x { ...F${at + 1} } }`)}`,
      /21 levels; at most 15/,
    ],
  ];
  const cases = documents.flatMap(([what, write, message]) =>
    Object.entries(ROOTS).map(([transport, root]) => ({
      what,
      transport,
      query: write(root),
      message,
    })),
  );

  test.each(cases)('$what, over $transport', async ({ transport, query, message }) => {
    const [error] =
      transport === 'HTTP' ? (await person.send(query)).errors : await errorsOverWebSocket(query);

    expect(error?.message).toMatch(message);
    expect(error?.extensions.code).toMatch(/BAD_USER_INPUT|GRAPHQL_PARSE_FAILED/);
  });

  test.each(Object.entries(ROOTS))(
    'leaves other errors to validation, over %s',
    async (transport, root) => {
      for (const fields of ['...A', '...Unknown', 'nothing']) {
        const query = `${root} { ${photo(fields)} } fragment A on Photo { ...B } fragment B on Photo { ...A }`;
        const [error] =
          transport === 'HTTP'
            ? (await person.send(query)).errors
            : await errorsOverWebSocket(query);

        expect(error?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
      }
    },
  );

  /** The errors of an operation over WebSocket. */
  async function errorsOverWebSocket(query: string) {
    const socket = subscriptionClient(product, person.token);
    const errors = await socket
      .iterate({ query })
      .next()
      .then(
        () => [],
        (thrown: unknown) => thrown,
      );
    await socket.dispose();
    return errors as { message: string; extensions: { code: string } }[];
  }
});

describe('accepts', () => {
  test('all fields of a hundred users', async () => {
    const { errors } = await person.send(`{ users(first: 100) { ${everything()} } }`);
    expect(errors).toEqual([]);
  });

  test('all fields of a hundred users with search and count', async () => {
    const { errors } = await person.send(
      `{ users(first: 100, filter: { search: "anna" }) { ${everything()} } }`,
    );
    expect(errors).toEqual([]);
  });

  test('five counted searches in one request', async () => {
    const search = 'users(filter: { search: "anna" }) { totalCount }';
    const { errors } = await person.send(`{ ${[1, 2, 3, 4, 5].map((at) => `a${at}: ${search}`)} }`);
    expect(errors).toEqual([]);
  });

  test('a photo in every size', async () => {
    const sizes = [50, 100, 200, 400]
      .flatMap((size) => [
        `s${size}: url(size: ${size})`,
        `b${size}: url(size: ${size}, blurred: true)`,
      ])
      .join(' ');
    const { errors } = await person.send(`{ me { profile { photo { ${sizes} } } } }`);
    expect(errors).toEqual([]);
  });

  test('the introspection query of the playground', async () => {
    const { errors } = await person.send(
      getIntrospectionQuery({
        descriptions: true,
        inputValueDeprecation: true,
        specifiedByUrl: true,
      }),
    );
    expect(errors).toEqual([]);
  });

  test.each(
    readdirSync(join(import.meta.dirname, '../../schema/operations')).filter((file) =>
      file.endsWith('.graphql'),
    ),
  )('our own %s', async (file) => {
    const query = readFileSync(join(import.meta.dirname, '../../schema/operations', file), 'utf8');
    const { errors } = await person.send(query);
    expect(errors.map((error) => error.message).join()).not.toMatch(/at most|token/i);
  });
});

/** All fields of a page of users. */
const everything =
  () => `totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node {
  id username firstName lastName role createdAt updatedAt email
  profile { id displayName bio avatarUrl
    photo { id status alt width height placeholder dominantColor createdAt readyAt url
      crop { strategy x y width height } failure { code message }
      variants { name width height format bytes blurred url } } } } }`;

import { readdir } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createSchema } from '../../src/graphql/schema.ts';
import { graphqlClient, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';
import { subscriptionClient } from '../support/subscription.ts';

interface Options {
  endpointURL: string;
  initialHeaders: Record<string, string>;
  initialWindows: Record<'initialName' | 'initialQuery' | 'initialVariables', string>[];
}

let product: Product;
let page: string;
let options: Options;
beforeAll(async () => {
  product = await startProduct();
  page = await (await fetch(`${product.url}/playground`)).text();
  options = optionsOf(page);
});
afterAll(() => product.close());

/** The options that the page starts Altair with. */
function optionsOf(html: string) {
  const script = html.match(/<script[^>]*>(\s*AltairGraphQL\.init.*?)<\/script>/s)?.[1] ?? '';
  let given: Options | undefined;
  const AltairGraphQL = { init: (all: Options) => (given = all) };
  runInNewContext(script, { AltairGraphQL });
  if (!given) throw new Error(`This page does not start Altair:\n${html}`);
  return given;
}

const linksOf = (html: string) =>
  [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);

test('loads all files from this server', async () => {
  const links = linksOf(page).filter((link) => link !== '/playground/');
  const answers = await Promise.all(
    links.map((link) => fetch(new URL(link, `${product.url}/playground/`))),
  );

  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => /^([a-z]+:|\/)/.test(link))).toEqual([]);
  expect(answers.map(({ status }) => status)).toEqual(links.map(() => 200));
  const styles = answers.filter(({ headers }) => headers.get('content-type')?.includes('css'));
  for (const style of styles) expect(await style.text()).not.toMatch(/url\(["']?https?:|@import/);
});

test('shows every example of schema/operations as a tab, each valid', async () => {
  const files = (await readdir('schema/operations')).filter((file) => /^\d/.test(file)).sort();
  const faults = options.initialWindows.map(({ initialQuery }) =>
    validate(createSchema(), parse(initialQuery)),
  );

  expect(options.initialWindows.map(({ initialName }) => initialName)).toEqual(
    files.map((file) => file.replace('.graphql', '').replaceAll('-', ' ')),
  );
  expect(faults).toEqual(files.map(() => []));
});

test('its examples work unchanged, in order', async () => {
  let client = graphqlClient(product);
  const send = async (name: string) => {
    const tab = options.initialWindows.find(({ initialName }) => initialName.endsWith(name));
    return client.query(tab?.initialQuery ?? '', JSON.parse(tab?.initialVariables ?? ''));
  };

  const { createUser } = await send('create user');
  client = graphqlClient(product, (await send('sign in')).signIn.token);

  expect((await send('me')).me.id).toBe(createUser.id);
  expect((await send('people')).users.totalCount).toBe(2);
});

test('sends the header that uploads require', () => {
  expect(options.endpointURL).toBe('/graphql');
  expect(options.initialHeaders).toEqual({ 'apollo-require-preflight': 'true' });
});

test('its sandboxed frames have no rights on this server', async () => {
  const frame = await fetch(`${product.url}/playground/iframe-sandbox/index.html`);

  expect(frame.headers.get('content-security-policy')).toBe('sandbox allow-scripts');
});

describe.each<[string, Record<string, string>]>([
  ['PLAYGROUND=off', { PLAYGROUND: 'off' }],
  [
    'production',
    {
      NODE_ENV: 'production',
      PHOTO_BUCKET: 'photos',
      PHOTO_URL: 'https://photos.example.org',
      IMAGE_API_URL: 'https://api.example.org',
      JWT_SECRET: 'thirty-two characters of anything',
      CALLBACK_SECRET: `whsec_${Buffer.alloc(24).toString('base64')}`,
    },
  ],
])('%s', (_, env) => {
  test('hides the playground and the schema', async () => {
    const hidden = await startProduct(env);
    onTestFinished(() => hidden.close());

    const { status } = await fetch(`${hidden.url}/playground`);
    const { errors } = await graphqlClient(hidden).send('{ __schema { types { name } } }');

    expect(status).toBe(404);
    expect(errors[0]?.message).toBe(
      'GraphQL introspection is disabled. PLAYGROUND=on enables it, together with the playground.',
    );
    expect((await graphqlClient(hidden).send('{ me { id } }')).data).toEqual({ me: null });
  });
});

describe('suggests names of the schema', () => {
  /** Most misspell a name of the schema by one letter. */
  const documents: [string, string, object?][] = [
    ['a field', '{ mee { id } }'],
    ['an argument', '{ users(frst: 1) { totalCount } }'],
    ['a type', 'query ($i: CreateUserInptu!) { me { id } }'],
    ['a directive', '{ me { id @skp(if: true) } }'],
    ['an enum value', '{ users(order: { by: USERNAM, direction: ASC }) { totalCount } }'],
    ['a field of an input', '{ users(filter: { serch: "x" }) { totalCount } }'],
    [
      'an enum value in a variable',
      'query ($o: UserOrder) { users(order: $o) { totalCount } }',
      { o: { by: 'USERNAM', direction: 'ASC' } },
    ],
    [
      'a field in a variable',
      'query ($f: UserFilter) { users(filter: $f) { totalCount } }',
      { f: { serch: 'x' } },
    ],
    ['a selection', '{ me }'],
  ];
  const refusals = async (at: Product) => {
    const client = graphqlClient(at);
    const answers = await Promise.all(
      documents.map(([, query, variables]) => client.send(query, { ...variables })),
    );
    return answers.map(({ errors }) => JSON.stringify(errors));
  };

  test('where introspection is enabled', async () => {
    const suggested = (await refusals(product)).filter((text) => text.includes('Did you mean'));
    expect(suggested.length).toBeGreaterThan(6);
  });

  test('nowhere else, over HTTP and WebSocket, in documents and variables', async () => {
    const hidden = await startProduct({ PLAYGROUND: 'off' });
    onTestFinished(() => hidden.close());
    const person = await signUp(hidden);
    const socket = subscriptionClient(hidden, person.token);
    const query = 'subscription { photos(id: "x") { status } }';
    const heard = await socket
      .iterate({ query })
      .next()
      .catch((errors: unknown) => errors);

    for (const text of [...(await refusals(hidden)), JSON.stringify(heard)]) {
      expect(text).toMatch(/Cannot query|Unknown|does not exist|not defined|must have a selection/);
      expect(text).not.toContain('Did you mean');
    }
    await socket.dispose();
  });
});

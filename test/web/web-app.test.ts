import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { buildWebApp } from '../../web/build.mjs';
import { type Product, startProduct } from '../support/product.ts';

/** Bytes of compressed JavaScript that the first look may cost. */
const BUDGET = 150_000;

let product: Product;
beforeAll(async () => {
  product = await startProduct({}, () => ({ page: inject('page') }));
});
afterAll(() => product.close());

const get = (path: string, accept = 'text/html,*/*') =>
  fetch(product.url + path, { headers: { accept } });

const htmlOf = async (path: string) => (await get(path)).text();

/** What the browser loads before it shows anything. */
const scriptsOf = (html: string) =>
  [...html.matchAll(/"(\/assets\/[^"]+\.js)"/g)].map(([, path = '']) => path);

test('the first look costs at most 150 kB of compressed JavaScript, and nothing but our own files', async () => {
  const html = await htmlOf('/');
  const sizes = await Promise.all(
    scriptsOf(html).map(
      async (path) => gzipSync(await readFile(join(inject('page'), path))).length,
    ),
  );

  expect(sizes.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(BUDGET);
  expect(html).not.toMatch(/(?:src|href)="(?!\/)/);
});

test('the photo dialog and the live connection come when they are needed', async () => {
  const first = scriptsOf(await htmlOf('/')).join();
  const all = (await readdir(join(inject('page'), 'assets'))).filter((name) =>
    name.endsWith('.js'),
  );

  const later = all
    .filter((name) => !first.includes(name))
    .map((name) => name.replace(/-[\w-]{8}\.js$/, ''));
  expect(later).toEqual(expect.arrayContaining(['photo-dialog', 'websocket-link']));
});

test('is not built again as long as nothing it is made of has changed', async () => {
  const index = join(inject('page'), 'index.html');
  const { mtimeMs } = await stat(index);

  await buildWebApp(inject('page'));

  expect((await stat(index)).mtimeMs).toBe(mtimeMs);
});

describe('every address of the page', () => {
  test.each(['/', '/sign-in', '/people/jane.doe', '/people/jane/photo', '/index.html'])(
    '%s shows it, asked for anew each time, under a strict policy',
    async (path) => {
      const { status, headers } = await get(path);

      expect(status).toBe(200);
      expect(headers.get('content-type')).toContain('text/html');
      expect(headers.get('cache-control')).toBe('no-cache');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
      expect(policy).not.toContain('unsafe');
    },
  );

  test('is not one of the API, which answers for itself', async () => {
    const paths = [
      '/graphql/x',
      '/%67raphql/x',
      '/graphq%6C/x',
      '/callbacks/x',
      '/image/x',
      '/playground/x',
      '/healthz/x',
      '/assets/x.js',
    ];
    const answers = await Promise.all(paths.map((path) => get(path)));

    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404));
    expect((await get('/healthz')).status).toBe(200);
    expect(await (await get('/playground/')).text()).toContain('Altair');
  });

  test('is for people: a program that asks for data at a wrong address is told so', async () => {
    const { status } = await get('/people/jane', 'application/json');

    expect(status).toBe(404);
  });
});

test('built files are kept for ever: their names change with what is in them', async () => {
  const [script = ''] = scriptsOf(await htmlOf('/'));
  const { headers } = await get(script);

  expect(script).toMatch(/-[\w-]{8}\.js$/);
  expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(headers.get('content-type')).toContain('javascript');
});

describe('the settings of the page', () => {
  const settings = async ({ url }: Product) => {
    const answer = await fetch(`${url}/config.json`);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    return answer.json();
  };

  test('say where everything is', async () => {
    expect(await settings(product)).toEqual({
      graphql: '/graphql',
      subscriptions: '/graphql',
      signIn: 'password',
      signUp: 'open',
    });
  });

  test('follow those of the API', async () => {
    const env = {
      SIGN_UP: 'closed',
      AUTH_ISSUER: 'https://id.example.org',
      AUTH_AUDIENCE: 'portrait',
      JWT_SECRET: '',
    };
    const other = await startProduct(env, () => ({ page: inject('page') }));
    onTestFinished(() => other.close());

    expect(await settings(other)).toMatchObject({ signIn: 'provider', signUp: 'closed' });
  });

  test('are what was built when nobody wrote others: it works as it is behind a CDN', async () => {
    const built = await readFile(join(inject('page'), 'config.json'), 'utf8');

    expect(JSON.parse(built)).toEqual(await settings(product));
  });
});

test('without a built page the API answers for itself alone', async () => {
  const other = await startProduct();
  onTestFinished(() => other.close());

  expect((await fetch(`${other.url}/`, { headers: { accept: 'text/html' } })).status).toBe(404);
});

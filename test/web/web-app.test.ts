import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { buildWebApp } from '../../web/build.mjs';
import { type Product, startProduct } from '../support/product.ts';

/** Limit of compressed JavaScript for the first screen, bytes. */
const BUDGET = 150_000;

let product: Product;
beforeAll(async () => {
  product = await startProduct({}, () => ({ webAppFolder: inject('webAppFolder') }));
});
afterAll(() => product.close());

const get = (path: string, accept = 'text/html,*/*') =>
  fetch(product.url + path, { headers: { accept } });

const htmlOf = async (path: string) => (await get(path)).text();

/** Scripts that the browser loads before it shows anything. */
const scriptsOf = (html: string) =>
  [...html.matchAll(/"(\/assets\/[^"]+\.js)"/g)].map(([, path = '']) => path);

test('the first screen loads at most 150 kB of compressed JavaScript, and only our own files', async () => {
  const html = await htmlOf('/');
  const sizes = await Promise.all(
    scriptsOf(html).map(
      async (path) => gzipSync(await readFile(join(inject('webAppFolder'), path))).length,
    ),
  );

  expect(sizes.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(BUDGET);
  expect(html).not.toMatch(/(?:src|href)="(?!\/)/);
});

test('loads the photo dialog and the WebSocket client on demand', async () => {
  const first = scriptsOf(await htmlOf('/')).join();
  const all = (await readdir(join(inject('webAppFolder'), 'assets'))).filter((name) =>
    name.endsWith('.js'),
  );

  const later = all
    .filter((name) => !first.includes(name))
    .map((name) => name.replace(/-[\w-]{8}\.js$/, ''));
  expect(later).toEqual(expect.arrayContaining(['photo-dialog', 'websocket-link']));
});

test('is not built again while its sources are unchanged', async () => {
  const index = join(inject('webAppFolder'), 'index.html');
  const { mtimeMs } = await stat(index);

  await buildWebApp(inject('webAppFolder'));

  expect((await stat(index)).mtimeMs).toBe(mtimeMs);
});

describe('every address of the web app', () => {
  test.each(['/', '/sign-in', '/people/jane.doe', '/people/jane/photo', '/index.html'])(
    '%s serves it, always revalidated, with a strict content security policy',
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

  test('is distinct from the paths of the API', async () => {
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

  test('responds 404 to a client that does not accept HTML', async () => {
    const { status } = await get('/people/jane', 'application/json');

    expect(status).toBe(404);
  });
});

test('built files are immutable: their names contain a hash of their content', async () => {
  const [script = ''] = scriptsOf(await htmlOf('/'));
  const { headers } = await get(script);

  expect(script).toMatch(/-[\w-]{8}\.js$/);
  expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(headers.get('content-type')).toContain('javascript');
});

describe('config.json', () => {
  const configOf = async ({ url }: Product) => {
    const answer = await fetch(`${url}/config.json`);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    return answer.json();
  };

  test('contains the URLs of the API, and how to sign in and up', async () => {
    expect(await configOf(product)).toEqual({
      graphql: '/graphql',
      subscriptions: '/graphql',
      signIn: 'password',
      signUp: 'open',
    });
  });

  test('follows the config of the API', async () => {
    const env = {
      SIGN_UP: 'closed',
      AUTH_ISSUER: 'https://id.example.org',
      AUTH_AUDIENCE: 'portrait',
      JWT_SECRET: '',
    };
    const other = await startProduct(env, () => ({ webAppFolder: inject('webAppFolder') }));
    onTestFinished(() => other.close());

    expect(await configOf(other)).toMatchObject({ signIn: 'provider', signUp: 'closed' });
  });

  test('has working defaults in the build, for a CDN without one of its own', async () => {
    const built = await readFile(join(inject('webAppFolder'), 'config.json'), 'utf8');

    expect(JSON.parse(built)).toEqual(await configOf(product));
  });
});

test('without a built web app, the API serves only itself', async () => {
  const other = await startProduct();
  onTestFinished(() => other.close());

  expect((await fetch(`${other.url}/`, { headers: { accept: 'text/html' } })).status).toBe(404);
});

/** Code samples of the documents work as written. */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { colorsOf, quarters } from '../lambda/support/drawings.ts';
import { type Site, startSite, until } from '../support/browser.ts';
import { REPOSITORY } from '../support/postgres.ts';
import { snippets } from '../support/snippets.ts';
import { startWebServer } from '../support/web-server.ts';

/** Inside the repository: code finds its packages from there. */
const FOLDER = join(REPOSITORY, 'dist', 'test', 'documents');
const PAGE = join(FOLDER, 'page');
const CLIENTS = 'docs/clients.md';
const READY = { status: 'READY', url: expect.stringContaining('/400.webp') };
/** On a busy machine. */
const PATIENT = { timeout: 20_000 };
const QUARTERS = ['red', 'green', 'blue', 'grey'];

// biome-ignore lint/suspicious/noExplicitAny: the shape is the sample's
type Answer = { data: any };

let site: Site;
let stranger: Awaited<ReturnType<typeof startWebServer>>;
/** Responses to the tour, whose user the other samples use, and the colors of its photo, which they replace. */
let tour: { created: Answer; uploaded: Answer; colors: string[] };
beforeAll(async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(PAGE, { recursive: true });
  await writeFile(
    join(PAGE, 'index.html'),
    '<div id="root"></div><script type="module" src="/main.js"></script>',
  );
  // The API serves what is there when it starts; written for good once the product's address is known.
  await writeFile(join(PAGE, 'main.js'), '');
  const photo = await quarters(300, 300).jpeg().toBuffer();
  await writeFile(join(FOLDER, 'portrait.jpg'), photo);
  stranger = await startWebServer((_request, response) => response.end(photo));
  site = await startSite(() => ({ webAppFolder: PAGE, linkAllowPrivate: true }));
  const [script = ''] = await snippets('README.md', 'A tour', 'sh');
  const [created, uploaded] = (await run('bash', ['-euc', here(script)])).map((line) =>
    JSON.parse(line),
  );
  const colors = await coloursAt(uploaded.data.uploadProfilePhoto.photo.url);
  tour = { created, uploaded, colors };
});
afterAll(async () => {
  await site.close();
  await stranger[Symbol.asyncDispose]();
});

test('the tour of the README', () => {
  const { created, uploaded, colors } = tour;

  expect(created.data.createUser.profile.avatarUrl).toMatch(/^data:image\/svg/);
  const { photo } = uploaded.data.uploadProfilePhoto;
  expect(photo).toMatchObject({ status: 'READY', width: 300, height: 300 });
  expect(colors).toEqual(QUARTERS);
});

test('curl: a file, base64, a link, and straight to the bucket', async () => {
  const script = (await snippets(CLIENTS, 'curl', 'sh')).join('\n');

  const lines = await run('bash', [
    '-euc',
    here(script).replace('https://example.org/', stranger.url),
  ]);

  const [file, base64, link, bucket, settled] = lines.map((line) => JSON.parse(line));
  for (const { data } of [file, base64, link]) expect(data.uploadProfilePhoto.photo).toEqual(READY);
  expect(bucket).toBe(204);
  expect(settled.data.photo).toEqual({ ...READY, failure: null });
});

test('JavaScript without a library, by both routes', async () => {
  const [code = ''] = await snippets(CLIENTS, 'JavaScript, without a library', 'js');
  await writeFile(join(FOLDER, 'photo.mjs'), here(code));

  const photos = (await run(process.execPath, ['photo.mjs'])).map((line) => JSON.parse(line));

  expect(photos).toEqual([expect.objectContaining(READY), expect.objectContaining(READY)]);
  expect(await coloursAt(photos[1].url)).toEqual(QUARTERS);
});

test('the status of a direct upload by WebSocket instead of polling', async () => {
  const [photo = ''] = await snippets(CLIENTS, 'JavaScript, without a library', 'js');
  const [follow = ''] = await snippets(CLIENTS, 'Status by WebSocket', 'js');
  await writeFile(join(FOLDER, 'follow.mjs'), here(follow));
  const following = here(photo).replace(
    'return settled(photo.id)',
    'return follow(photo.id, token)',
  );
  await writeFile(join(FOLDER, 'live.mjs'), `import { follow } from './follow.mjs';\n${following}`);

  const photos = (await run(process.execPath, ['live.mjs'])).map((line) => JSON.parse(line));

  expect(photos[1]).toMatchObject(READY);
});

test('Python without a package, by both routes', async ({ skip }) => {
  const isThere = await run('python3', ['--version']).then(Boolean, () => false);
  skip(!isThere, 'There is no Python here.');
  const [code = ''] = await snippets(CLIENTS, 'Python', 'python');

  const photos = (await run('python3', ['-c', here(code)])).map((line) => JSON.parse(line));

  expect(photos).toEqual([READY, { ...READY, failure: null }]);
});

test('React: an avatar with its placeholder, and both routes with progress', async () => {
  for (const code of await snippets(CLIENTS, 'React, with Apollo Client', 'jsx')) {
    const [, name = ''] = /^\/\/ (\S+)/.exec(code) ?? [];
    await writeFile(join(FOLDER, name), here(code));
  }
  buildSync({
    entryPoints: [join(FOLDER, 'main.jsx')],
    outfile: join(PAGE, 'main.js'),
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const page = await site.openPage();
  const picture = page.locator('img');
  await expect.poll(() => picture.getAttribute('src'), PATIENT).toMatch(/200\.webp/);
  const first = await picture.getAttribute('src');

  await page.setInputFiles('input', join(FOLDER, 'portrait.jpg'));
  await expect.poll(() => picture.getAttribute('src'), PATIENT).not.toBe(first);
  const second = await picture.getAttribute('src');
  expect(await picture.getAttribute('style')).toContain('data:image/png');
  await until(page, 'document.querySelector("progress").value === 1');

  const large = await quarters(1600, 1200).png({ compressionLevel: 0 }).toBuffer();
  await writeFile(join(FOLDER, 'large.png'), large);
  await page.setInputFiles('input', join(FOLDER, 'large.png'));
  await expect.poll(() => picture.getAttribute('src'), PATIENT).not.toBe(second);
  expect(await page.locator('[role=alert]').textContent()).toBe('');
  expect(site.violations).toEqual([]);
});

/** Code as it is pasted, with this product in place of the reader's. */
const here = (code: string) => code.replaceAll('127.0.0.1:4000', new URL(site.product.url).host);

/** @returns the lines of its standard output */
async function run(program: string, words: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(program, words, { cwd: FOLDER });
  return stdout.trim().split('\n');
}

async function coloursAt(url: string) {
  const picture = await fetch(url);
  return colorsOf(new Uint8Array(await picture.arrayBuffer()));
}

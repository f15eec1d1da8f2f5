import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_PASSWORD, fill } from '../../tools/demo/fill.ts';
import { expectNoSidewaysScroll, imagesArrived, openSite, type Site } from '../support/browser.ts';
import { signIn } from '../support/client.ts';

/** Where pictures of the screens go; `npm run screens` takes those of the README from there. */
const FOLDER = 'dist/screens';

const THEMES = [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const;

const README = await readFile('README.md', 'utf8');

let site: Site;
let token: string;
beforeAll(async () => {
  site = await openSite();
  await fill({ url: site.product.url, say: () => {} });
  token = await signIn(site.product, {
    email: 'amara.okafor@demo.example.org',
    password: DEMO_PASSWORD,
  });
  await mkdir(FOLDER, { recursive: true });
});
afterAll(() => site.close());

/** Ways to each screen. */
const OWN = '/people/amara.okafor';
const click = (name: string) => (page: Page) => page.getByRole('button', { name }).click();
async function offerText(page: Page) {
  await click('Change')(page);
  await page.locator('input[type=file]').setInputFiles('README.md');
  await page.getByRole('alert').waitFor();
}
const SCREENS: Record<
  string,
  { path: string; isSignedOut?: boolean; open?: (page: Page) => Promise<unknown>; shows: string }
> = {
  'sign-in': { path: '/', isSignedOut: true, shows: 'Sign in' },
  'sign-up': { path: '/sign-up', isSignedOut: true, shows: 'Make an account' },
  people: {
    path: '/',
    open: (page) => page.getByRole('link', { name: /Arjun Mehta/ }).waitFor(),
    shows: 'People',
  },
  nobody: { path: '/?search=xyzzy', shows: 'Nobody here' },
  'other-person': { path: '/people/mei.tanaka', shows: 'Mei Tanaka' },
  person: { path: OWN, shows: 'Amara Okafor' },
  edit: { path: OWN, open: click('Edit'), shows: 'Edit amara.okafor' },
  delete: { path: OWN, open: click('Delete'), shows: 'Delete your account?' },
  photo: { path: `${OWN}/photo`, shows: 'My photo' },
  choose: { path: `${OWN}/photo`, open: click('Change'), shows: 'Change your photo' },
  refused: { path: `${OWN}/photo`, open: offerText, shows: 'Change your photo' },
  crop: { path: `${OWN}/photo`, open: click('Adjust'), shows: 'Adjust your photo' },
  missing: { path: '/nowhere', shows: 'There is no such page' },
};

/** Takes a picture of those that the README shows, and makes it small. */
async function keep(name: string, page: Page) {
  if (!README.includes(name)) return;
  const picture = await page.screenshot();
  await writeFile(join(FOLDER, name), await sharp(picture).png({ palette: true }).toBuffer());
}

describe.each(THEMES)('$colorScheme, $viewport.width px wide', (theme) => {
  const { viewport, colorScheme } = theme;
  let visitor: Page;
  let member: Page;
  beforeAll(async () => {
    visitor = await site.visit('/', { ...theme, reducedMotion: 'reduce' });
    member = await site.visit('/', { ...theme, reducedMotion: 'reduce', token });
  });

  test.each(Object.entries(SCREENS))('%s', async (name, { path, isSignedOut, open, shows }) => {
    const page = isSignedOut ? visitor : member;
    await page.setViewportSize(viewport);
    await page.goto(site.product.url + path);
    await open?.(page);
    await page.getByRole('heading', { name: shows }).first().waitFor();
    await imagesArrived(page);

    await keep(`${name}-${viewport.width}-${colorScheme}.png`, page);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    await page.setViewportSize({ width: 320, height: 640 });

    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await expectNoSidewaysScroll(page);
    expect(site.complaints).toEqual([]);
  });
});

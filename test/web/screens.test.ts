import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_PASSWORD, fill } from '../../tools/demo/fill.ts';
import { expectNoSidewaysScroll, imagesArrived, type Site, startSite } from '../support/browser.ts';
import { signIn } from '../support/client.ts';

/** Screenshots for the README go here; `npm run screens` copies them to docs/screens. */
const FOLDER = 'dist/screens';

const THEMES = [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const;

const README = await readFile('README.md', 'utf8');

let site: Site;
let token: string;
beforeAll(async () => {
  site = await startSite();
  await fill({ url: site.product.url, log: () => {} });
  token = await signIn(site.product, {
    email: 'amara.okafor@demo.example.org',
    password: DEMO_PASSWORD,
  });
  await mkdir(FOLDER, { recursive: true });
});
afterAll(() => site.close());

const OWN = '/people/amara.okafor';
const click = (name: string) => (page: Page) => page.getByRole('button', { name }).click();
async function offerText(page: Page) {
  await click('Change photo')(page);
  await page.locator('input[type=file]').setInputFiles('README.md');
  await page.getByRole('alert').waitFor();
}
/** Path of each screen, how to open it from there, and its heading. */
const SCREENS: Record<
  string,
  { path: string; isSignedOut?: boolean; open?: (page: Page) => Promise<unknown>; shows: string }
> = {
  'sign-in': { path: '/', isSignedOut: true, shows: 'Sign in' },
  'sign-up': { path: '/sign-up', isSignedOut: true, shows: 'Create an account' },
  users: {
    path: '/',
    open: (page) => page.getByRole('link', { name: /Arjun Mehta/ }).waitFor(),
    shows: 'People',
  },
  'no-results': { path: '/?search=xyzzy', shows: 'No people found' },
  'other-user': { path: '/people/mei.tanaka', shows: 'Mei Tanaka' },
  profile: { path: OWN, shows: 'Amara Okafor' },
  edit: { path: OWN, open: click('Edit profile'), shows: 'Edit amara.okafor' },
  delete: { path: OWN, open: click('Delete account'), shows: 'Delete your account?' },
  photo: { path: `${OWN}/photo`, shows: 'My photo' },
  choose: { path: `${OWN}/photo`, open: click('Change photo'), shows: 'Change your photo' },
  rejected: { path: `${OWN}/photo`, open: offerText, shows: 'Change your photo' },
  crop: { path: `${OWN}/photo`, open: click('Crop'), shows: 'Crop your photo' },
  'not-found': { path: '/nowhere', shows: 'Page not found' },
};

/** Saves a compressed screenshot, if the README shows this screen. */
async function saveScreenshot(name: string, page: Page) {
  if (!README.includes(name)) return;
  const screenshot = await page.screenshot();
  await writeFile(join(FOLDER, name), await sharp(screenshot).png({ palette: true }).toBuffer());
}

describe.each(THEMES)('$colorScheme, $viewport.width px wide', (theme) => {
  const { viewport, colorScheme } = theme;
  let visitor: Page;
  let member: Page;
  beforeAll(async () => {
    visitor = await site.openPage('/', { ...theme, reducedMotion: 'reduce' });
    member = await site.openPage('/', { ...theme, reducedMotion: 'reduce', token });
  });

  test.each(Object.entries(SCREENS))('%s', async (name, { path, isSignedOut, open, shows }) => {
    const page = isSignedOut ? visitor : member;
    await page.setViewportSize(viewport);
    await page.goto(site.product.url + path);
    await open?.(page);
    await page.getByRole('heading', { name: shows }).first().waitFor();
    await imagesArrived(page);

    await saveScreenshot(`${name}-${viewport.width}-${colorScheme}.png`, page);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    await page.setViewportSize({ width: 320, height: 640 });

    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await expectNoSidewaysScroll(page);
    expect(site.violations).toEqual([]);
  });
});

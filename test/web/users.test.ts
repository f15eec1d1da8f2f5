import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagesArrived, type Site, startSite } from '../support/browser.ts';
import { type Person, signUp } from '../support/client.ts';
import { seedUsers } from '../support/seed-users.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';

/** Users on more than two pages. */
const CROWD = 70;

let site: Site;
let viewer: Person;
beforeAll(async () => {
  site = await startSite();
  viewer = await signUp(site.product, { username: 'zora', firstName: 'Zora', lastName: 'Quill' });
  await uploadSmallPhoto(viewer);
  const crowd = Array.from({ length: CROWD }, (_, at) => ({
    username: `person-${String(at).padStart(2, '0')}`,
    lastName: `N${at}`,
  }));
  await seedUsers(site.product, crowd);
});
afterAll(async () => {
  await site.close();
  expect(site.violations).toEqual([]);
});

const visit = (path = '/') => site.openPage(path, { token: viewer.token });
const cards = (page: Page) => page.getByRole('main').getByRole('listitem');
const counted = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor();

test('searches by a part of the name, and keeps the search in the address', async () => {
  const page = await visit();
  await counted(page, `${CROWD + 2} people`);

  await page.getByLabel('Search people').fill('quil');

  await counted(page, '1 person');
  expect(await cards(page).allTextContents()).toEqual(['Zora Quill@zora']);
  expect(page.url()).toContain('?search=quil');
  await page.reload();
  await counted(page, '1 person');
  expect(await page.getByLabel('Search people').inputValue()).toBe('quil');
});

test('filters by photo and role', async () => {
  const page = await visit();
  await page.getByRole('combobox', { name: 'Photo' }).selectOption('With photo');
  await counted(page, '1 person');

  await page.getByRole('combobox', { name: 'Photo' }).selectOption('Without photo');
  await counted(page, `${CROWD + 1} people`);
  await page.getByLabel('Role').selectOption('Admins');

  await counted(page, '1 person');
  expect(await cards(page).count()).toBe(1);
});

test('sorts by username', async () => {
  const page = await visit();
  await page.getByLabel('Sort by').selectOption('Z to A');

  await expect.poll(() => cards(page).first().textContent()).toBe('Zora Quill@zora');
  await page.getByLabel('Sort by').selectOption('A to Z');
  await expect.poll(() => cards(page).nth(1).textContent()).toBe('N0@person-00');
});

test('loads more people while scrolling, each of them once', async () => {
  const page = await visit('/?sort=az');
  await counted(page, `${CROWD + 2} people`);

  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 4000);
      return cards(page).count();
    })
    .toBe(CROWD + 2);

  expect(new Set(await cards(page).allTextContents()).size).toBe(CROWD + 2);
  expect(await page.getByRole('button', { name: 'Load more people' }).count()).toBe(0);
});

test('shifts no layout while people and their photos load', async () => {
  const page = await visit('/?sort=za');
  await page.getByRole('link', { name: 'Zora Quill @zora' }).waitFor();
  await imagesArrived(page);

  const shift = await page.evaluate(`new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) sum += value;
    }).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
  })`);

  expect(shift).toBe(0);
});

test('shows the ThumbHash below a photo, and offers a variant for every screen', async () => {
  const page = await visit('/people/zora');
  const photo = page.getByRole('img', { name: 'Photo of Zora Quill' });
  await photo.waitFor();

  expect(await photo.getAttribute('srcset')).toMatch(/50\.webp 50w, .*400\.webp 400w$/);
  const background = await page.evaluate(
    'document.querySelector("main img").style.backgroundImage',
  );
  expect(background).toContain('data:image/png');
});

test('works by keyboard: past the header to the people, into a profile, and back to the same place', async () => {
  const page = await visit('/?sort=za');
  await page.getByRole('link', { name: 'Zora Quill @zora' }).waitFor();

  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
  await page.keyboard.press('Enter');
  for (let presses = 0; presses < 5; presses++) await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Zora Quill@zora');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Zora Quill' }).waitFor();
  expect(await page.evaluate('document.activeElement.id')).toBe('content');

  await page.goBack();
  await page.getByRole('heading', { name: 'People' }).waitFor();
  expect(page.url()).toContain('?sort=za');
});

test('shows an error when people cannot be loaded, and retries', async () => {
  const page = await visit();
  await counted(page, `${CROWD + 2} people`);
  await page.context().setOffline(true);
  await page.getByLabel('Sort by').selectOption('A to Z');
  await page.getByRole('alert').getByText('Connection lost').waitFor();

  await page.context().setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();

  await expect.poll(() => cards(page).nth(1).textContent()).toBe('N0@person-00');
});

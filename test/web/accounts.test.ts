import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from '../support/browser.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

test('signs up', async () => {
  const page = await site.visit('/');
  await page.getByRole('link', { name: 'Make an account' }).click();
  await page.getByLabel('First name').fill('Ada');
  await page.getByLabel('Last name').fill('Lovelace');
  await page.getByLabel('Username').fill('ada');
  await page.getByLabel('E-mail address').fill('ada@example.org');
  await page.getByLabel('Password').fill('a long walk');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'People' }).waitFor();
  expect(await page.title()).toBe('People · Portrait');
  await page.screenshot({ path: '/tmp/shot.png' });
  expect(site.complaints).toEqual([]);
});

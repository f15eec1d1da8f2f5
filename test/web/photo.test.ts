import { afterAll, beforeAll, expect, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { openSite, type Site } from '../support/browser.ts';
import { type Person, signUp } from '../support/client.ts';

let site: Site;
let person: Person;
beforeAll(async () => {
  site = await openSite();
  person = await signUp(site.product, { firstName: 'Cora', lastName: 'Vale' });
});
afterAll(async () => {
  await site.close();
});

test('upload', async () => {
  const page = await site.visit(`/people/${person.username}/photo`, { token: person.token });
  await page.getByRole('button', { name: 'Add a photo' }).click();
  const file = {
    name: 'four.jpg',
    mimeType: 'image/jpeg',
    buffer: await quarters(600, 400).jpeg().toBuffer(),
  };
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByLabel('Description').fill('Four colours');
  await page.screenshot({ path: '/tmp/shot1.png' });
  await page.getByRole('button', { name: 'Use this photo' }).click();
  await page.getByText('The photo is in place.').waitFor();
  await page.screenshot({ path: '/tmp/shot2.png' });
  await page.getByRole('button', { name: 'Adjust' }).click();
  await page.waitForTimeout(500);
  await page.screenshot({ path: '/tmp/shot3.png' });
  expect(site.complaints).toEqual([]);
});

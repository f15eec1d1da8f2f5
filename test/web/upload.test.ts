import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { type Site, startSite } from '../support/browser.ts';
import { type Person, signUp } from '../support/client.ts';
import { makePhotoOfBytes } from '../support/photos.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

let site: Site;
/** Between the browser and the API. */
let line: TcpProxy;
/** Between the API and the image function. */
let gateway: TcpProxy;
beforeAll(async () => {
  site = await startSite(async ({ imageApiUrl }) => {
    gateway = await startTcpProxy(placeOf(imageApiUrl));
    return { imageApiUrl: gateway.url };
  });
  line = await startTcpProxy(placeOf(site.product.url));
});
afterAll(async () => {
  await Promise.all([line.close(), gateway.close()]);
  await site.close();
  expect(site.violations).toEqual([]);
});

const placeOf = (url: string) => ({ host: '127.0.0.1', port: Number(new URL(url).port) });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const status = (page: Page, text: string) => page.getByRole('status').getByText(text).waitFor();

/** Chooses and describes a photo of this size for a new user, ready to be saved. */
async function choose(
  bytes: number,
  base = site.product.url,
): Promise<{ page: Page; person: Person }> {
  const person = await signUp(site.product);
  const path = `/people/${person.username}/photo`;
  const page = await site.openPage(path, { token: person.token, base });
  await button(page, 'Add photo').click();
  const buffer = Buffer.from(await makePhotoOfBytes(bytes));
  const photo = { name: 'photo.jpg', mimeType: 'image/jpeg', buffer };
  await page.locator('input[type=file]').setInputFiles(photo);
  await page.getByLabel('Description').fill('From the trip');
  return { page, person };
}

const photoOf = async ({ query }: Person) =>
  (await query('{ me { profile { photo { alt crop { strategy } } } } }')).me.profile.photo;

describe('a large photo', () => {
  test('is uploaded directly to the bucket, and followed until it is READY', async () => {
    const { page, person } = await choose(5_000_000);
    const posted: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && posted.push(request.url()));
    const socket = page.waitForEvent('websocket');

    await button(page, 'Use this photo').click();

    await status(page, 'Processing the photo');
    await socket;
    await status(page, 'Photo saved.');
    expect(posted.some((url) => url.startsWith(site.product.config.uploadUrl ?? 'none'))).toBe(
      true,
    );
    expect(await photoOf(person)).toEqual({
      alt: 'From the trip',
      crop: { strategy: 'RECTANGLE' },
    });
    await page.getByRole('main').getByRole('img', { name: 'From the trip' }).waitFor();
  });
});

/** Limits the upload rate, bytes per second; -1 removes the limit. */
async function slowDown(page: Page, uploadThroughput = 1_500_000) {
  const session = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
  await session.send('Network.emulateNetworkConditions', conditions);
}

/** Waits until the upload has begun. @returns the share that has been sent, percent */
async function percentSent(page: Page): Promise<number> {
  const progress = page.getByRole('progressbar', { name: 'Upload progress' });
  const share = async () => Number(await progress.getAttribute('value'));
  await expect.poll(share, { timeout: 10_000 }).toBeGreaterThan(0);
  return share();
}

describe('an upload over a bad connection', () => {
  test('keeps the input when the connection breaks, and retries on request', async () => {
    const { page, person } = await choose(4_000_000, line.url);
    await slowDown(page);
    await button(page, 'Use this photo').click();
    expect(await percentSent(page)).toBeLessThan(100);

    await line.disconnect();
    await page.getByRole('alert').getByText('Connection lost').waitFor();
    expect(await page.getByLabel('Description').inputValue()).toBe('From the trip');
    await line.restore();
    await slowDown(page, -1);
    await button(page, 'Try again').click();

    await status(page, 'Photo saved.');
    expect(await photoOf(person)).toEqual({
      alt: 'From the trip',
      crop: { strategy: 'RECTANGLE' },
    });
  });

  test('shows its progress, and can be cancelled', async () => {
    const { page, person } = await choose(4_000_000, line.url);
    await slowDown(page);
    await button(page, 'Use this photo').click();
    expect(await percentSent(page)).toBeLessThan(100);

    await button(page, 'Cancel').click();

    await button(page, 'Use this photo').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Use this photo');
    expect(await page.getByRole('progressbar').count()).toBe(0);
    expect(await photoOf(person)).toBeNull();
  });
});

test('keeps a photo while processing is unavailable, and retries on request', async () => {
  const { page, person } = await choose(300_000);
  await gateway.disconnect();
  await button(page, 'Use this photo').click();
  await page.getByRole('alert').getByText('Photo processing is unavailable').waitFor();
  await gateway.restore();

  await button(page, 'Try again').click();

  await status(page, 'Photo saved.');
  expect(await photoOf(person)).toMatchObject({ alt: 'From the trip' });
});

test.each([
  [413, 'This file is too large'],
  [429, 'Too many attempts'],
  [503, 'The service is temporarily unavailable'],
])('explains a response %i of a proxy, and keeps the input', async (statusCode, title) => {
  const { page } = await choose(300_000);
  const body = '{"message":"From a proxy"}';
  await page.route('**/graphql', (route) =>
    route.fulfill({ status: statusCode, contentType: 'application/json', body }),
  );

  await button(page, 'Use this photo').click();

  const alert = page.getByRole('alert').getByText(title);
  await alert.waitFor();
  expect(await page.getByLabel('Description').inputValue()).toBe('From the trip');
});

test('offers to try again when the direct upload expires meanwhile', async () => {
  const { page, person } = await choose(5_000_000);
  await slowDown(page);
  await button(page, 'Use this photo').click();
  await percentSent(page);

  await site.product.sql(`update photos set status = 'EXPIRED' where profile_id = $1`, [
    person.profileId,
  ]);

  const alert = page.getByRole('alert').getByText('The upload has expired');
  await alert.waitFor();
  expect(await button(page, 'Try again').isVisible()).toBe(true);
});

test('the playground creates a user, signs in and uploads a file', async () => {
  const page = await site.openPage('/playground/');
  const send = async (tab: string, answer: string) => {
    await page.getByText(tab, { exact: true }).click();
    await page.getByRole('button', { name: 'Send Request' }).click();
    await page.getByText(answer).first().waitFor();
  };
  await send('1 create user', '"createUser"');
  await send('2 sign in', '"signIn"');

  await page.getByText('3 upload photo file', { exact: true }).click();
  await page.getByText('Variables', { exact: true }).click();
  await page.getByText('Add files', { exact: true }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByText('Select files', { exact: true }).click();
  const buffer = await quarters(300, 300).jpeg().toBuffer();
  await (await chooser).setFiles({ name: 'corgi.jpg', mimeType: 'image/jpeg', buffer });
  await page.getByRole('button', { name: 'Send Request' }).click();

  const status = page.getByText('"READY"');
  await status.waitFor();
  expect(await status.isVisible()).toBe(true);
}, 90_000);

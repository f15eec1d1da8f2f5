import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { colorsOf, quarters } from '../lambda/support/drawings.ts';
import { heic } from '../lambda/support/heic.ts';
import { type Site, startSite, until } from '../support/browser.ts';
import { type Person, signUp } from '../support/client.ts';
import { uploadSmallPhoto } from '../support/small-photo.ts';

let site: Site;
let landscape: Buffer;
beforeAll(async () => {
  site = await startSite();
  landscape = await quarters(600, 400).jpeg().toBuffer();
});
afterAll(async () => {
  await site.close();
  expect(site.violations).toEqual([]);
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const dialog = (page: Page) => page.getByRole('dialog');
const file = (buffer: Buffer, name = 'photo.jpg') => ({ name, buffer, mimeType: '' });

/** Opens the photo dialog of a new user. */
async function open(): Promise<{ page: Page; person: Person }> {
  const person = await signUp(site.product);
  const path = `/people/${person.username}/photo`;
  const page = await site.openPage(path, { token: person.token });
  await button(page, 'Add photo').click();
  await button(page, 'Choose file').waitFor();
  return { page, person };
}

const chooseFile = (page: Page, buffer: Buffer, name?: string) =>
  page.locator('input[type=file]').setInputFiles(file(buffer, name));

async function use(page: Page) {
  await button(page, 'Use this photo').click();
  await page.getByText('Photo saved.').waitFor();
}

/** Waits for the crop of a chosen photo. */
async function showsCrop(page: Page) {
  const crop = page.getByRole('group', { name: 'Crop' });
  await crop.waitFor();
  return crop.isVisible();
}

const focused = (page: Page) => page.evaluate('document.activeElement.textContent');

const PHOTO =
  '{ me { profile { photo { id alt width url(size: 200) crop { strategy x y width height } } } } }';
const photoOf = async ({ query }: Person) => (await query(PHOTO)).me.profile.photo;

async function coloursAt(url: string) {
  return colorsOf(new Uint8Array(await (await fetch(url)).arrayBuffer()));
}

describe('a photo', () => {
  test('is cropped with the mouse, previewed in three sizes, described, and shown at once', async () => {
    const { page, person } = await open();
    await chooseFile(page, landscape);
    await page.getByLabel('Description').fill('Four colors');
    expect(await page.getByRole('figure', { name: 'Preview' }).locator('img').count()).toBe(3);

    // To its right edge, where the circle contains green above gray.
    await drag(page, { x: -400, y: 0 });
    await use(page);

    const photo = await photoOf(person);
    expect(photo).toMatchObject({ alt: 'Four colors', width: 600 });
    expect(photo.crop).toMatchObject({ strategy: 'RECTANGLE', y: 0, height: 1 });
    expect(photo.crop.x).toBeCloseTo(1 / 3, 2);
    await page.getByRole('main').getByRole('img', { name: 'Four colors' }).waitFor();
  });

  test('is cropped with the keyboard alone', async () => {
    const { page, person } = await open();
    await chooseFile(page, landscape);
    await until(page, 'document.activeElement.getAttribute("aria-label") === "Crop"');
    await page.keyboard.press('Tab');
    for (let presses = 0; presses < 10; presses++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+Tab');
    for (let presses = 0; presses < 40; presses++) await page.keyboard.press('ArrowRight');
    for (let presses = 0; presses < 40; presses++) await page.keyboard.press('ArrowDown');
    for (let presses = 0; presses < 3; presses++) await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Use this photo');
    await page.keyboard.press('Enter');
    await page.getByText('Photo saved.').waitFor();
    expect(await focused(page)).toContain('Change');

    const { crop, url } = await photoOf(person);
    expect(crop.width).toBeCloseTo(1 / 3, 2);
    expect([crop.x, crop.y]).toEqual([0, 0]);
    expect(await coloursAt(url)).toEqual(['red', 'red', 'red', 'red']);
  });

  test('is cropped and described again without another upload', async () => {
    const person = await signUp(site.product);
    const before = await uploadSmallPhoto(person);
    const page = await site.openPage(`/people/${person.username}/photo`, { token: person.token });
    await button(page, 'Crop').click();
    await page.getByLabel('Description').fill('Cropped again');
    const sent = page.waitForRequest((request) => request.method() === 'POST');

    await page.getByRole('slider', { name: 'Zoom' }).fill('2');
    await button(page, 'Save').click();
    await page.getByText('Photo saved.').waitFor();

    expect((await sent).headers()['content-type']).toContain('application/json');
    const after = await photoOf(person);
    expect(after).toMatchObject({
      alt: 'Cropped again',
      crop: { strategy: 'RECTANGLE', width: 0.5 },
    });
    expect(after.id).not.toBe(before);
  });

  test('is removed after a confirmation', async () => {
    const person = await signUp(site.product);
    await uploadSmallPhoto(person);
    const page = await site.openPage(`/people/${person.username}/photo`, { token: person.token });

    await button(page, 'Remove').click();
    await button(page, 'Confirm removal').click();

    await page.getByText('Photo removed.').waitFor();
    expect(await photoOf(person)).toBeNull();
    await button(page, 'Add photo').waitFor();
    expect(await focused(page)).toContain('Add photo');
  });
});

async function drag(page: Page, distance: { x: number; y: number }) {
  const box = await page.getByRole('group', { name: 'Crop' }).boundingBox();
  if (!box) throw new Error('There is no crop area.');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + distance.x, y + distance.y, { steps: 5 });
  await page.mouse.up();
}

const bytesOf = (buffer: Buffer) =>
  `Uint8Array.from(atob('${buffer.toString('base64')}'), (letter) => letter.charCodeAt(0))`;

/** Drops or pastes a file that the browser creates. @param bytes expression for its content */
const handOver = (page: Page, bytes: string, type: 'drop' | 'paste') =>
  page.evaluate(`{
    const files = new DataTransfer();
    files.items.add(new File([${bytes}], 'photo.jpg', { type: 'image/jpeg' }));
    const event = { dataTransfer: files, clipboardData: files, bubbles: true, cancelable: true };
    const handed = '${type}' === 'drop' ? new DragEvent('drop', event) : new ClipboardEvent('paste', event);
    document.querySelector('.drop').dispatchEvent(handed);
  }`);

describe('a photo comes from', () => {
  test('a drop', async () => {
    const { page } = await open();

    await handOver(page, bytesOf(landscape), 'drop');

    expect(await showsCrop(page)).toBe(true);
  });

  test('the clipboard', async () => {
    const { page } = await open();

    await handOver(page, bytesOf(landscape), 'paste');

    expect(await showsCrop(page)).toBe(true);
  });

  test('the camera', async () => {
    const { page, person } = await open();
    await button(page, 'Use camera').click();
    await until(page, 'document.querySelector("video").videoWidth > 0');

    await button(page, 'Take photo').click();
    await page.getByRole('group', { name: 'Crop' }).waitFor();
    await use(page);

    expect((await photoOf(person)).width).toBeGreaterThan(300);
  });

  test('a phone, in a format that this browser cannot show', async () => {
    const { page, person } = await open();
    await chooseFile(page, heic({ tiles: [[[200, 30, 30]]] }), 'IMG_0001.HEIC');
    await page.getByText('This browser cannot show this photo format').waitFor();

    await use(page);

    expect((await photoOf(person)).crop.strategy).toBe('ATTENTION');
    await button(page, 'Crop').waitFor();
  });
});

describe('rejects before the upload', () => {
  const SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  test.each<[string, string, () => Promise<string>]>([
    ['a document', 'Unsupported file type', async () => '"# Portrait"'],
    ['an SVG image', 'Unsupported file type', async () => `'${SVG}'`],
    [
      'a file above the size limit',
      'This file is too large',
      async () => 'new Uint8Array(26214401)',
    ],
    [
      'a photo with too few pixels',
      'This photo is too small',
      async () => bytesOf(await quarters(20, 20).png().toBuffer()),
    ],
    [
      'a truncated photo',
      'This photo cannot be read',
      async () => bytesOf(landscape.subarray(0, 20)),
    ],
  ])('%s', async (_name, title, makeBytes) => {
    const { page } = await open();
    const posts: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));

    await handOver(page, await makeBytes(), 'paste');

    await dialog(page).getByRole('alert').getByText(title).waitFor();
    expect(posts).toEqual([]);
    await chooseFile(page, landscape);
    await page.getByRole('group', { name: 'Crop' }).waitFor();
  });
});

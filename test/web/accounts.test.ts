import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Site, startSite } from '../support/browser.ts';
import { graphqlClient, type Person, signInAdmin, signUp } from '../support/client.ts';

let site: Site;
let cora: Person;
beforeAll(async () => {
  site = await startSite();
  cora = await signUp(site.product, { username: 'cora', firstName: 'Cora', lastName: 'Vale' });
});
afterAll(async () => {
  await site.close();
  expect(site.violations).toEqual([]);
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

async function fill(page: Page, fields: Record<string, string>) {
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text);
}

const ADA = {
  'First name': 'Ada',
  'Last name': 'Lovelace',
  Username: 'ada',
  'E-mail address': 'ada@example.org',
  Password: 'a long walk',
};

describe('signing up', () => {
  test('leads to the list of people, with the new user in it', async () => {
    const page = await site.openPage();
    await page.getByRole('link', { name: 'Create an account' }).click();

    await fill(page, ADA);
    await button(page, 'Create account').click();

    await page.getByRole('link', { name: /Ada Lovelace @ada/ }).waitFor();
    expect(await page.title()).toBe('People · Portrait');
  });

  test('shows an error next to its field, and keeps the input', async () => {
    const page = await site.openPage('/sign-up');

    await fill(page, { ...ADA, Username: 'CORA' });
    await button(page, 'Create account').click();

    await page.getByText('This username is taken. Choose another.').waitFor();
    const username = page.getByLabel('Username');
    expect(await username.getAttribute('aria-invalid')).toBe('true');
    expect(await username.inputValue()).toBe('CORA');
    expect(await username.evaluate('document.activeElement.name')).toBe('username');
  });

  test('is not offered where only admins create accounts', async () => {
    const page = await site.openPage('/healthz');
    const closed = {
      graphql: '/graphql',
      subscriptions: '/graphql',
      signIn: 'password',
      signUp: 'closed',
    };
    await page.route('**/config.json', (route) => route.fulfill({ json: closed }));

    await page.goto(`${site.product.url}/`);
    await heading(page, 'Sign in').waitFor();

    expect(await page.getByRole('link', { name: 'Create an account' }).count()).toBe(0);
  });
});

describe('signing in', () => {
  test('leads to the address that was opened', async () => {
    const page = await site.openPage('/people/cora');

    await fill(page, { 'E-mail address': cora.email, Password: cora.password });
    await button(page, 'Sign in').click();

    await heading(page, 'Cora Vale').waitFor();
    expect(new URL(page.url()).pathname).toBe('/people/cora');
  });

  test('works with an international domain, which the browser sends in punycode, also after an edit', async () => {
    const account = { username: 'anna.m', email: 'anna@müller-fotos.de', password: 'a long walk' };
    await graphqlClient(site.product).query(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      { input: account },
    );
    const page = await site.openPage('/people/anna.m');
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));

    for (const email of [account.email, 'anna@xn--mller-fotos-thb.de']) {
      // The browser converts to punycode only typed text.
      await page.getByLabel('E-mail address').pressSequentially(email);
      await fill(page, { Password: account.password });
      await button(page, 'Sign in').click();
      await heading(page, 'anna.m').waitFor();
      await button(page, 'Edit profile').click();
      await fill(page, { 'E-mail address': account.email, About: `Signed in as ${email}` });
      await button(page, 'Save').click();
      await page.locator('p.bio', { hasText: `Signed in as ${email}` }).waitFor();
      await button(page, 'Sign out').click();
    }
    expect(sent.join()).toContain('"anna@xn--mller-fotos-thb.de"');
    expect(sent.filter((body) => body.includes('signIn')).join()).not.toContain(account.email);
  });

  test('does not reveal whether the address or the password is wrong', async () => {
    const page = await site.openPage();

    await fill(page, { 'E-mail address': cora.email, Password: 'not this one' });
    await button(page, 'Sign in').click();

    const alert = page.getByRole('alert');
    expect(await alert.textContent()).toContain('E-mail address or password is wrong.');
  });

  test('survives a reload and extends to a new tab, and ends in all tabs at once', async () => {
    const page = await site.openPage('/', { token: '' });
    await fill(page, { 'E-mail address': cora.email, Password: cora.password });
    await button(page, 'Sign in').click();
    await heading(page, 'People').waitFor();

    await page.reload();
    await heading(page, 'People').waitFor();
    const tab = await page.context().newPage();
    await tab.goto(`${site.product.url}/people/cora`);
    await heading(tab, 'Cora Vale').waitFor();
    await button(tab, 'Sign out').click();

    await heading(page, 'Sign in').waitFor();
    expect(await page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
  });

  test('is required again when the API rejects the token', async () => {
    const page = await site.openPage('/', { token: 'worthless' });

    await page.getByText('Your session has ended. Sign in again.').waitFor();
    expect(await button(page, 'Sign in').isVisible()).toBe(true);
  });
});

describe('a user', () => {
  test('edits their profile, with errors next to their fields', async () => {
    const { token } = await signUp(site.product, { username: 'dora' });
    const page = await site.openPage('/people/dora', { token });
    await button(page, 'Edit profile').click();
    const dialog = page.getByRole('dialog', { name: 'Edit dora' });
    await fill(page, { 'Display name': 'Dora M.', About: 'Two lines\nof words', Username: 'cora' });
    await button(page, 'Save').click();
    await dialog.getByText('This username is taken. Choose another.').waitFor();

    await fill(page, { Username: 'dora.m' });
    await button(page, 'Save').click();

    await heading(page, 'Dora M.').waitFor();
    await page.getByText('of words').waitFor();
    expect(page.url()).toBe(`${site.product.url}/people/dora.m`);
  });

  test('is read-only for others', async () => {
    const { token } = await signUp(site.product);
    const page = await site.openPage('/people/cora', { token });
    await heading(page, 'Cora Vale').waitFor();

    expect(await page.getByRole('main').getByRole('button').count()).toBe(0);
    expect(await page.getByText(cora.email).count()).toBe(0);
    await page.goto(`${site.product.url}/people/cora/photo`);
    await heading(page, 'You cannot change this photo').waitFor();
  });

  test('can be edited by an admin, who also sees the e-mail address', async () => {
    const erik = await signUp(site.product, { username: 'erik' });
    const page = await site.openPage('/people/erik', {
      token: (await signInAdmin(site.product)).token,
    });
    await page.getByText(erik.email).waitFor();

    await button(page, 'Edit profile').click();
    await page.getByLabel('Role').selectOption('Admin');
    await button(page, 'Save').click();

    await page.locator('.badge', { hasText: 'Admin' }).waitFor();
    expect((await erik.query('{ me { role } }')).me.role).toBe('ADMIN');
  });

  test('signs in again after a change of password', async () => {
    const { token } = await signUp(site.product, { username: 'fred' });
    const page = await site.openPage('/people/fred', { token });
    await button(page, 'Edit profile').click();
    await fill(page, { 'New password': 'another long walk' });
    await button(page, 'Save').click();

    await page.getByText('Password changed. Sign in with your new password.').waitFor();
    expect(await button(page, 'Sign in').isVisible()).toBe(true);
  });

  test('deletes their account after typing the username, and is signed out', async () => {
    const { token } = await signUp(site.product, { username: 'gone' });
    const page = await site.openPage('/people/gone', { token });
    await button(page, 'Delete account').click();
    await fill(page, { 'Type gone to confirm': 'gon' });
    await button(page, 'Delete permanently').click();
    await page.getByText('This does not match. Type gone to confirm.').waitFor();

    await fill(page, { 'Type gone to confirm': 'gone' });
    await button(page, 'Delete permanently').click();

    await page.getByText('Your account and all your photos have been deleted.').waitFor();
    const other = await site.openPage('/people/gone', { token: cora.token });
    await heading(other, 'User not found').waitFor();
    expect(await cora.query('{ user(username: "gone") { id } }')).toEqual({ user: null });
  });
});

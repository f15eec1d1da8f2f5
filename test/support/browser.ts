import { type BrowserContextOptions, chromium as launcher, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import type { AppConfig } from '../../src/config.ts';
import { type Product, startProduct } from './product.ts';

/** A product with its web app, and a browser that records violations. */
export interface Site {
  product: Product;
  /** Opens a page in a new browser context. */
  openPage(path?: string, options?: PageOptions): Promise<Page>;
  /** Requests to other origins, CSP violations and script errors. */
  violations: string[];
  close(): Promise<void>;
}

type Change = (config: AppConfig) => Partial<AppConfig> | Promise<Partial<AppConfig>>;

interface PageOptions extends BrowserContextOptions {
  /** Token of the user who is signed in from the start. */
  token?: string;
  /** Another address of the product, such as a proxy in front of it. */
  base?: string;
}

/** Starts one browser (installed, or npm's) and one product for a test file. */
export async function startSite(change: Change = () => ({})): Promise<Site> {
  const chromium = inject('chromium');
  if (!chromium) throw new Error('Set CHROMIUM_PATH to an installed Chromium or Chrome.');
  const [product, browser] = await Promise.all([
    startProduct({}, async (config) => ({
      webAppFolder: inject('webAppFolder'),
      ...(await change(config)),
    })),
    launcher.launch({ ...chromium, env: { ...process.env, ...chromium.env }, args: FLAGS }),
  ]);
  const violations: string[] = [];

  return {
    product,
    violations,
    async openPage(path = '/', { token, base = product.url, ...options } = {}) {
      const context = await browser.newContext({ locale: 'en-GB', ...options });
      const page = await context.newPage();
      watch(page, [base, ...ownAddresses(product)], violations);
      if (token) await page.addInitScript(keepToken, token);
      await page.goto(base + path);
      return page;
    },
    async close() {
      await browser.close();
      await product.close();
    },
  };
}

/** A fake camera with a test image; no sandbox, which root cannot use. */
const FLAGS = [
  '--no-sandbox',
  '--headless=shell',
  '--font-render-hinting=none',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

const keepToken = (token: string) => sessionStorage.setItem('portrait.token', token);

const ownAddresses = ({ url, config }: Product) => [url, config.photoUrl, config.uploadUrl ?? url];

function watch(page: Page, own: string[], violations: string[]) {
  page.on('request', (request) => {
    const isOwn = own.some((address) => request.url().startsWith(address));
    if (!isOwn && !/^(data|blob):/.test(request.url())) violations.push(`asks ${request.url()}`);
  });
  page.on('pageerror', (error) => violations.push(`${error}`));
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML/.test(message.text())) violations.push(message.text());
  });
}

/** Expects that the page does not scroll horizontally. */
export async function expectNoSidewaysScroll(page: Page) {
  const width = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect(width).toBeLessThanOrEqual(0);
}

/** Waits for an expression to come true; by itself the browser's own way of it needs `eval`, which the page forbids. */
export const until = (page: Page, expression: string) =>
  expect.poll(() => page.evaluate(expression), { timeout: 10_000 }).toBeTruthy();

export const imagesArrived = (page: Page) =>
  until(page, '[...document.images].every((image) => image.complete)');

import 'reflect-metadata';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from './app.ts';
import { type AppConfig, type Config, isComplete, readConfig } from './config.ts';
import { openUploadDirectory } from './http/uploads/upload-directory.ts';

/** Deadlines after the signal: 3.5 s for the API, the rest for the embedded parts. The process exits within 5 s (ADR 0036). */
const SHUTDOWN_DEADLINES_MS = { api: 3_500, all: 4_500 };

const WEB_APP_FOLDER = join(import.meta.dirname, 'web');

interface Product extends App {
  /** Names of the embedded parts; empty in production. */
  parts: string[];
}

async function start(config: Config, stopping: AbortSignal): Promise<Product> {
  // Files (photos, keys, tokens) must be readable only by this user.
  process.umask(0o077);
  if (isComplete(config)) return { ...(await startApi(config, stopping)), parts: [] };

  const { prepareDataDir } = await import('../local/data-dir.ts');
  await prepareDataDir(config.dataDir);
  // Speeds up starts. Not in the shared temporary directory, where other users could plant code.
  enableCompileCache(join(config.dataDir, 'compiled'));
  const { startLocal } = await import('../local/start.ts');
  const bundle = join(import.meta.dirname, 'lambda', 'index.cjs');
  const local = await startLocal(config, { bundle, log: print, stopping });
  try {
    const app = await startApi(local.config, stopping);
    await local.deliver(app.url);
    const close = () =>
      Promise.race([app.close(), delay(SHUTDOWN_DEADLINES_MS.api)]).finally(local.close);
    return { ...app, parts: local.parts, close };
  } catch (error) {
    await local.close();
    throw error;
  }
}

async function startApi(config: AppConfig, stopping: AbortSignal): Promise<App> {
  const uploads = await openUploadDirectory(config.uploadDir);
  // fs-capacitor 8.0.0 writes to `os.tmpdir()`, and graphql-upload 17.1.0 does not pass it its option `tmpdir`: not
  // reported yet; https://github.com/jaydenseric/graphql-upload/issues/289 is about the same directory (ADR 0031).
  process.env.TMPDIR = uploads.path;
  try {
    // Loaded late: it takes a second, and an invalid environment or Ctrl-C must take effect before that.
    const { createApp } = await import('./app.ts');
    const app = await createApp(withWebApp(config), stopping);
    return { ...app, close: () => app.close().finally(uploads.close) };
  } catch (error) {
    await uploads.close();
    throw error;
  }
}

/** Adds the built web app if it is next to this file; on AWS it is in the bucket instead. */
function withWebApp(config: AppConfig): AppConfig {
  return existsSync(WEB_APP_FOLDER) ? { ...config, webAppFolder: WEB_APP_FOLDER } : config;
}

/**
 * Listens for Ctrl-C, a service manager's stop and a closed terminal. Repeated signals are ignored: npm forwards signals
 * that the terminal has already sent.
 */
function listenForStop(): AbortSignal {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, stop);
  stopping.signal.addEventListener('abort', () => {
    setTimeout(() => process.exit(1), SHUTDOWN_DEADLINES_MS.all).unref();
  });
  return stopping.signal;
}

/** Written in one piece, so that a process reading the output gets all lines together with the first. */
function welcome({ url, firstAdmin, parts }: Product, { playground, dataDir }: Config) {
  const lines = ['', 'Portrait is ready.', ''];
  if (existsSync(WEB_APP_FOLDER)) lines.push(`  Web app     ${url}`);
  if (playground) lines.push(`  Playground  ${url}/playground`);
  lines.push(`  GraphQL     ${url}/graphql`, `  Health      ${url}/readyz`);
  if (parts.length > 0) lines.push(`  Embedded    ${parts.join(', ')}; data in ${dataDir}`);
  if (firstAdmin) {
    const { email, password = 'as set by ADMIN_PASSWORD' } = firstAdmin;
    lines.push('', '  First admin, shown this once');
    lines.push(`    e-mail    ${email}`, `    password  ${password}`);
  }
  print([...lines, ''].join('\n'));
}

function print(text: string) {
  process.stdout.write(`${text}\n`);
}

const stopping = listenForStop();
let isStarted = false;
try {
  const config = readConfig(process.env);
  const product = await start(config, stopping);
  isStarted = true;
  welcome(product, config);
  if (!stopping.aborted) await once(stopping, 'abort');
  await product.close();
} catch (error) {
  // An aborted start is not an error.
  if (stopping.aborted && !isStarted) process.exit(0);
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
process.exit(0);

import 'reflect-metadata';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from './app.ts';
import { type AppConfig, type Config, isComplete, readConfig } from './config.ts';
import { openUploadDirectory } from './http/uploads/upload-directory.ts';

/** From the signal on: 3.5 s for the API, the rest for what is embedded; all is gone within the 5 s that people wait. */
const SHUTDOWN_MS = { api: 3_500, all: 4_500 };

const PAGE = join(import.meta.dirname, 'web');

interface Product extends App {
  /** What is embedded, in words; empty in production. */
  parts: string[];
}

async function start(config: Config, stopping: AbortSignal): Promise<Product> {
  // Files are for this user alone: photos, keys, tokens.
  process.umask(0o077);
  if (isComplete(config)) return { ...(await startApi(config, stopping)), parts: [] };

  const { prepareDataDir } = await import('../local/data-dir.ts');
  await prepareDataDir(config.dataDir);
  // A laptop starts often. Not in the shared folder for temporary files, where others could put code of theirs.
  enableCompileCache(join(config.dataDir, 'compiled'));
  const { startLocal } = await import('../local/start.ts');
  const bundle = join(import.meta.dirname, 'lambda', 'index.cjs');
  const local = await startLocal(config, { bundle, say: print, stopping });
  try {
    const app = await startApi(local.config, stopping);
    await local.deliver(app.url);
    const close = () => Promise.race([app.close(), delay(SHUTDOWN_MS.api)]).finally(local.close);
    return { ...app, parts: local.parts, close };
  } catch (error) {
    await local.close();
    throw error;
  }
}

async function startApi(config: AppConfig, stopping: AbortSignal): Promise<App> {
  const uploads = await openUploadDirectory(config.uploadDir);
  // fs-capacitor 8.0.0 spools to `os.tmpdir()`, and graphql-upload 17.1.0 does not pass it its option `tmpdir`: not
  // reported yet; https://github.com/jaydenseric/graphql-upload/issues/289 is about the same directory.
  process.env.TMPDIR = uploads.path;
  try {
    // Only now: to load all this takes a second, and a bad environment or Ctrl-C is to be heard before that.
    const { createApp } = await import('./app.ts');
    const app = await createApp(withPage(config), stopping);
    return { ...app, close: () => app.close().finally(uploads.close) };
  } catch (error) {
    await uploads.close();
    throw error;
  }
}

/** The page lies beside this file where it was built; on AWS it is in the bucket instead. */
function withPage(config: AppConfig): AppConfig {
  return existsSync(PAGE) ? { ...config, page: PAGE } : config;
}

/** Ctrl-C, a service manager's stop, a terminal that is closed. A second one changes nothing: npm passes on what the terminal has sent already. */
function listenForStop(): AbortSignal {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, stop);
  stopping.signal.addEventListener('abort', () => {
    setTimeout(() => process.exit(1), SHUTDOWN_MS.all).unref();
  });
  return stopping.signal;
}

/** In one piece: whoever reads along and sees the first line has all of it. */
function welcome({ url, firstAdmin, parts }: Product, { playground, dataDir }: Config) {
  const lines = ['', 'Portrait is ready.', ''];
  if (existsSync(PAGE)) lines.push(`  Page        ${url}`);
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
  // A start that was stopped half-way has nothing to complain about.
  if (stopping.aborted && !isStarted) process.exit(0);
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
process.exit(0);

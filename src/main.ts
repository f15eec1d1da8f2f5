import 'reflect-metadata';
import { join } from 'node:path';
import { type App, createApp } from './app.ts';
import { type Config, isComplete, readConfig } from './config.ts';

/** Ctrl-C and SIGTERM: everything is closed by then; what still holds on is not worth waiting for. */
const SHUTDOWN_MS = 4_500;

interface Product extends App {
  /** What is embedded, in words; empty in production. */
  parts: string[];
}

async function start(config: Config): Promise<Product> {
  if (isComplete(config)) return { ...(await createApp(config)), parts: [] };

  const { startLocal } = await import('../local/start.ts');
  const bundle = join(import.meta.dirname, 'lambda', 'index.mjs');
  const local = await startLocal(config, { bundle, say: print });
  try {
    const app = await createApp(local.config);
    return { ...app, parts: local.parts, close: () => app.close().finally(local.close) };
  } catch (error) {
    await local.close();
    throw error;
  }
}

function stopOnSignals(started: Promise<Product>) {
  const stop = async () => {
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    // Also in the middle of the start: what has begun is ended in order.
    await started.then(
      (product) => product.close(),
      () => undefined,
    );
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function welcome({ url, firstAdmin, parts }: Product, config: Config) {
  print(`\nPortrait is ready.\n`);
  if (config.playground) print(`  Playground  ${url}/playground`);
  print(`  GraphQL     ${url}/graphql\n  Health      ${url}/readyz`);
  if (parts.length > 0) print(`  Embedded    ${parts.join(', ')}; data in ${config.dataDir}`);
  if (firstAdmin) {
    const password = firstAdmin.password ?? 'as set by ADMIN_PASSWORD';
    print(
      `\n  First admin, shown this once\n    e-mail    ${firstAdmin.email}\n    password  ${password}`,
    );
  }
  print('');
}

function print(text: string) {
  process.stdout.write(`${text}\n`);
}

try {
  const config = readConfig(process.env);
  const started = start(config);
  stopOnSignals(started);
  welcome(await started, config);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

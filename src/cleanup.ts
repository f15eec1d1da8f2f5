/** `npm run cleanup`: looks after what was lost, now instead of when its time comes; `-- --dry-run` only tells. */
import 'reflect-metadata';
import { join } from 'node:path';
import { type AppConfig, type Config, isComplete, readConfig } from './config.ts';
import { openAccess } from './database/connection-config.ts';
import { openDatabase } from './database/database.ts';
import { openImageApi } from './photos/image-api/client.ts';
import { sweepOrphans } from './photos/jobs/delete-orphans.ts';
import { type Broom, sweepUploads } from './photos/jobs/recover-uploads.ts';
import { openBucket } from './photos/storage/bucket.ts';

/** The parts of the laptop mode cannot be shared: while the product runs on its data this throws, and says so. */
async function embed(config: Config) {
  // Files in DATA_DIR are for this user alone.
  process.umask(0o077);
  const { startLocal } = await import('../local/start.ts');
  const bundle = join(import.meta.dirname, 'lambda', 'index.cjs');
  // Nobody comes in here: any port will do.
  return startLocal({ ...config, port: 0 }, { bundle, say: complain });
}

async function sweep(config: AppConfig, isDryRun: boolean) {
  const database = await openDatabase(await openAccess(config), complain);
  const bucket = openBucket(config);
  const broom: Broom = { isDryRun, tell: (deed, of) => print(`${deed} ${of}`) };
  try {
    const em = database.em.fork();
    const objects = await sweepOrphans({ em, bucket, config }, broom);
    const uploads = await sweepUploads({ em, bucket, imageApi: openImageApi(config) }, broom);
    print(`${uploads} uploads, ${objects} objects${isDryRun ? '; nothing was changed' : ''}.`);
  } finally {
    bucket.close();
    await database.close(true);
  }
}

function print(line: string) {
  process.stdout.write(`${line}\n`);
}

function complain(line: string) {
  process.stderr.write(`${line}\n`);
}

/** One line each, what it is made of included. */
function messageOf(error: unknown): string {
  if (!(error instanceof AggregateError)) {
    return error instanceof Error ? error.message : String(error);
  }
  return [error.message, ...error.errors.map(messageOf)].join('\n');
}

function readArguments(words: string[]) {
  const unknown = words.find((word) => word !== '--dry-run');
  if (unknown) throw new Error(`"${unknown}" is not known. npm run cleanup [-- --dry-run]`);
  return { isDryRun: words.length > 0 };
}

try {
  const { isDryRun } = readArguments(process.argv.slice(2));
  const config = readConfig(process.env);
  if (isComplete(config)) {
    await sweep(config, isDryRun);
  } else {
    const local = await embed(config);
    await sweep(local.config, isDryRun).finally(local.close);
  }
} catch (error) {
  complain(messageOf(error));
  process.exit(1);
}
process.exit(0);

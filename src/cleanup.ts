/** `npm run cleanup`: recovers stalled uploads and deletes orphaned objects now, instead of by the scheduled jobs. */
import 'reflect-metadata';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type AppConfig, type Config, isComplete, readConfig } from './config.ts';
import { openConnectionConfig } from './database/connection-config.ts';
import { openDatabase, poolOf } from './database/database.ts';
import { openImageApi } from './photos/image-api/client.ts';
import { deleteOrphans } from './photos/jobs/delete-orphans.ts';
import { type Cleanup, recoverUploads } from './photos/jobs/recover-uploads.ts';
import { openBucket } from './photos/storage/bucket.ts';

/**
 * Starts the embedded services.
 *
 * @throws if the product is running: embedded services cannot be shared
 */
async function embed(config: Config) {
  // Files in DATA_DIR must be readable only by this user.
  process.umask(0o077);
  const { startLocal } = await import('../local/start.ts');
  const bundle = join(import.meta.dirname, 'lambda', 'index.cjs');
  // Nothing connects from outside, so any free port will do.
  return startLocal({ ...config, port: 0 }, { bundle, log: printError });
}

async function cleanUp(config: AppConfig, isDryRun: boolean) {
  const database = await openDatabase(await openConnectionConfig(config), printError);
  const bucket = openBucket(config);
  const cleanup: Cleanup = { isDryRun, report: (action, subject) => print(`${action} ${subject}`) };
  try {
    const em = database.em.fork();
    const pool = await poolOf(database);
    const objects = await deleteOrphans({ pool, bucket, config }, cleanup);
    const imageApi = openImageApi(config);
    const uploads = await recoverUploads({ em, pool, bucket, imageApi }, cleanup);
    print(`${uploads} uploads, ${objects} objects${isDryRun ? '; nothing was changed' : ''}.`);
  } finally {
    bucket.close();
    await database.close(true);
  }
}

function print(line: string) {
  process.stdout.write(`${line}\n`);
}

function printError(line: string) {
  process.stderr.write(`${line}\n`);
}

/** The message of an error, and those of the errors it contains, one per line. */
function messageOf(error: unknown): string {
  if (!(error instanceof AggregateError)) {
    return error instanceof Error ? error.message : String(error);
  }
  return [error.message, ...error.errors.map(messageOf)].join('\n');
}

function readArguments(args: string[]) {
  try {
    const { values } = parseArgs({ args, options: { 'dry-run': { type: 'boolean' } } });
    return { isDryRun: values['dry-run'] ?? false };
  } catch (error) {
    throw new Error(`${messageOf(error)} Usage: npm run cleanup [-- --dry-run]`, { cause: error });
  }
}

try {
  const { isDryRun } = readArguments(process.argv.slice(2));
  const config = readConfig(process.env);
  if (isComplete(config)) {
    await cleanUp(config, isDryRun);
  } else {
    const local = await embed(config);
    await cleanUp(local.config, isDryRun).finally(local.close);
  }
} catch (error) {
  printError(messageOf(error));
  process.exit(1);
}
process.exit(0);

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signUp } from '../support/client.ts';
import { putObject, requestPresignedPost } from '../support/direct-upload.ts';
import { openFaultyBucket } from '../support/faulty-bucket.ts';
import { makePhoto } from '../support/photos.ts';
import { temporaryFolder } from '../support/postgres.ts';
import { copyProduct } from '../support/process.ts';
import { type Product, startProduct } from '../support/product.ts';

const RELIC = 'image/01900000-0000-7000-8000-000000000000/50.webp';

let command: string;
let bucket: Awaited<ReturnType<typeof openFaultyBucket>>;
let product: Product;
beforeAll(async () => {
  command = join(copyProduct('cleanup-command'), '..', 'cleanup.js');
  bucket = await openFaultyBucket(RELIC);
  product = await startProduct(bucket.env);
});
afterAll(async () => {
  await product.close();
  await bucket.close();
});

/** Runs the command to its end, on the product's database and bucket; the function is one of its own. */
function runCleanup(dataDir: string, ...words: string[]) {
  const { PATH } = process.env;
  const env = { PATH, ...bucket.env, DATABASE_URL: product.config.databaseUrl, DATA_DIR: dataDir };
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [command, ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

/** The product's own job, which runs every minute, must not be first. */
const stopJobs = () =>
  product.sql(`
    create function no_job() returns trigger language plpgsql as 'begin return null; end';
    create trigger no_job before insert on graphile_worker._private_jobs for each row execute function no_job()`);

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');

test('lists stalled uploads and orphans in a dry run, and finishes and deletes them in a real one', async () => {
  await stopJobs();
  const lost = (await requestPresignedPost(await signUp(product))).photo.id;
  const never = (await requestPresignedPost(await signUp(product))).photo.id;
  await putObject(product, `temp/${lost}`, await makePhoto());
  await product.sql(`update photos set expires_at = now() - interval '61 s'`);
  const statuses = async () =>
    (await product.sql<{ status: string }>('select status from photos order by id')).map(
      ({ status }) => status,
    );
  const actions = [`remove ${RELIC}`, `process ${lost}`, `expire ${never}`];
  const dataDir = await temporaryFolder();

  const dry = await runCleanup(dataDir, '--dry-run');
  const between = await statuses();
  const real = await runCleanup(dataDir);

  const told = lines(...actions, '2 uploads, 1 objects; nothing was changed.');
  expect(dry).toEqual({ code: 0, stdout: told, stderr: '' });
  expect(between).toEqual(['AWAITING_UPLOAD', 'AWAITING_UPLOAD']);
  expect(real).toEqual({ code: 0, stdout: lines(...actions, '2 uploads, 1 objects.'), stderr: '' });
  expect(await statuses()).toEqual(['READY', 'EXPIRED']);
});

test('does not touch the data directory of a running product, and reports why', async () => {
  const { dataDir } = product.config;

  const { code, stdout, stderr } = await runCleanup(dataDir, '--dry-run');

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`Another Portrait is running on the data in ${dataDir}.`);
});

test('rejects an unknown option and does nothing', async () => {
  const { code, stdout, stderr } = await runCleanup(await temporaryFolder(), '--dryrun');

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain("Unknown option '--dryrun'");
});

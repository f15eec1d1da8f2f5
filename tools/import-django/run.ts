/**
 * `npm run import -- --from postgres://…`: imports users, profiles and images of a Django system into a running Portrait.
 * Exits with 0 if all were imported, 1 if some were skipped or it was stopped or failed, 2 on wrong options.
 */
import { openClient } from './client.ts';
import { openImages } from './images.ts';
import { importUsers } from './import-users.ts';
import { readOptions, USAGE } from './options.ts';
import { openSource } from './source.ts';

/** The first signal stops after the work in progress; the second one ends the process. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const log = (line: string) => process.stdout.write(`${line}\n`);

function readAll(env: NodeJS.ProcessEnv) {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = env;
  if (!email || !password) {
    throw new Error('Set ADMIN_EMAIL and ADMIN_PASSWORD of an admin of Portrait.');
  }
  const { images, ...options } = readOptions(process.argv.slice(2));
  const { S3_ENDPOINT: endpoint, AWS_REGION: region } = env;
  return { ...options, images: { ...images, endpoint, region }, admin: { email, password } };
}

async function run({ from, to, tables, images, admin, ...options }: ReturnType<typeof readAll>) {
  const client = await openClient(to, admin);
  const source = await openSource(from, tables);
  try {
    const { superusersAreAdmins, isDryRun, concurrency } = options;
    const report = await importUsers({
      source,
      client,
      concurrency,
      log,
      stopping: stopping.signal,
      images: await openImages(images),
      options: {
        source: `${options.source ?? source.name}/${tables.users}`,
        superusersAreAdmins,
        isDryRun,
      },
    });
    log(`\n${isDryRun ? 'Dry run, nothing was changed: ' : ''}${report.summary()}`);
    for (const reason of report.reasons()) log(reason);
    if (stopping.signal.aborted) log('Stopped. Run it again to continue.');
    if (stopping.signal.aborted || !report.isComplete()) process.exitCode = 1;
  } finally {
    await source.close();
  }
}

const printError = (error: unknown) =>
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);

try {
  const options = readAll(process.env);
  await run(options).catch((error) => {
    printError(error);
    process.stderr.write('Users imported so far are kept. Run it again to continue.\n');
    process.exitCode = 1;
  });
} catch (error) {
  printError(error);
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
}

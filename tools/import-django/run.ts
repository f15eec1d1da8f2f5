/**
 * `npm run import -- --from postgres://…`: brings users, profiles and images of a Django system into a running Portrait.
 * Ends with 0 when all are there, 1 when somebody or something was left out or it was stopped, 2 when it was told wrongly.
 */

import { openPortrait } from './client.ts';
import { openImages } from './images.ts';
import { importPeople } from './import-users.ts';
import { readOptions, USAGE } from './options.ts';
import { openSource } from './source.ts';

/** The first asks for an end after what is under way; the second is one. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const say = (line: string) => process.stdout.write(`${line}\n`);

function readAll(env: NodeJS.ProcessEnv) {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = env;
  if (!email || !password) {
    throw new Error('Set ADMIN_EMAIL and ADMIN_PASSWORD to those of an admin of Portrait.');
  }
  const { places, ...options } = readOptions(process.argv.slice(2));
  const { S3_ENDPOINT: endpoint, AWS_REGION: region } = env;
  return { ...options, places: { ...places, endpoint, region }, admin: { email, password } };
}

async function run({ from, to, tables, places, admin, ...options }: ReturnType<typeof readAll>) {
  const portrait = await openPortrait(to, admin);
  const source = await openSource(from, tables);
  try {
    const { areAdmins, isDryRun, atOnce } = options;
    const report = await importPeople({
      ...{ source, portrait, atOnce, say, stopping: stopping.signal },
      images: await openImages(places),
      rules: { source: `${options.source ?? source.name}/${tables.users}`, areAdmins, isDryRun },
    });
    say(`\n${isDryRun ? 'Nothing was changed. It would be: ' : ''}${report.line()}`);
    for (const reason of report.reasons()) say(reason);
    if (stopping.signal.aborted) say('Stopped; run it again to go on.');
    if (stopping.signal.aborted || !report.isWhole()) process.exitCode = 1;
  } finally {
    await source.close();
  }
}

const complain = (error: unknown) =>
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);

try {
  const options = readAll(process.env);
  await run(options).catch((error) => {
    complain(error);
    process.stderr.write('What was imported stays; run it again to go on.\n');
    process.exitCode = 1;
  });
} catch (error) {
  complain(error);
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
}

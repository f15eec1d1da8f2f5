/** `npm run doctor -- --url https://photos.example.org`: is all well with a running Portrait? Ends with 1 when it is not. */
import { parseArgs } from 'node:util';
import { examine, type Visit } from './doctor.ts';
import { print } from './report.ts';

/** ms; a queue function that starts cold has answered after five seconds. */
const PATIENCE = 60_000;

const USAGE = `npm run doctor -- [--url http://127.0.0.1:4000] [--origin https://site-of-the-page] [--bucket name-of-the-bucket]
  DOCTOR_EMAIL, DOCTOR_PASSWORD  of an admin, where not everybody may sign up
  DOCTOR_TOKEN                   of somebody without a photo, where an outside provider knows the people
  --bucket                       also looks into it and at its settings, with the AWS credentials of this shell
  S3_ENDPOINT                    of that bucket, where it is not on Amazon S3`;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

try {
  const visit = readVisit(process.env);
  const findings = await examine({ ...visit, stopping: stopping.signal });
  process.stdout.write(`\nPortrait at ${visit.url}\n\n${print(findings)}\n\n`);
  const isInOrder = findings.every(({ mark }) => mark !== 'cross') && !stopping.signal.aborted;
  if (!isInOrder) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`);
  process.exitCode = 2;
}

function readVisit(env: NodeJS.ProcessEnv): Visit {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4000' },
      origin: { type: 'string' },
      bucket: { type: 'string' },
    },
  });
  const { origin } = new URL(readUrl('--url', values.url));
  return {
    url: values.url.replace(/\/+$/, ''),
    origin: values.origin ? new URL(readUrl('--origin', values.origin)).origin : origin,
    bucket: values.bucket,
    endpoint: env.S3_ENDPOINT,
    credentials: {
      email: env.DOCTOR_EMAIL,
      password: env.DOCTOR_PASSWORD,
      token: env.DOCTOR_TOKEN,
    },
    patience: PATIENCE,
  };
}

function readUrl(option: string, text: string) {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new Error(`${option} must be an http or https address, not "${text}".`);
}

/** `npm run doctor -- --url https://photos.example.org`: checks a running Portrait. Exits with 1 if a check fails, with 2 on wrong options. */
import { parseArgs } from 'node:util';
import { runDoctor, type Target } from './doctor.ts';
import { formatResults } from './report.ts';

/** ms; the callback of a queue function with a cold start arrives after five seconds. */
const TIMEOUT_MS = 60_000;

const USAGE = `npm run doctor -- [--url http://127.0.0.1:4000] [--origin https://app.example.org] [--bucket name]
  --url                          address of Portrait
  --origin                       origin of the web app, if it differs from --url
  --bucket                       also checks the bucket's objects and settings, with the AWS credentials of this shell
Environment variables:
  DOCTOR_EMAIL, DOCTOR_PASSWORD  of an admin, if sign-up is closed
  DOCTOR_TOKEN                   access token of a user without a photo, if an outside identity provider signs users in
  S3_ENDPOINT                    URL of an S3-compatible store, if the bucket is not on Amazon S3`;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

try {
  const target = readTarget(process.env);
  const results = await runDoctor({ ...target, stopping: stopping.signal });
  process.stdout.write(`\nPortrait at ${target.url}\n\n${formatResults(results)}\n\n`);
  const hasFailed = results.some(({ status }) => status === 'failed');
  if (hasFailed || stopping.signal.aborted) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`);
  process.exitCode = 2;
}

function readTarget(env: NodeJS.ProcessEnv): Target {
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
    timeoutMs: TIMEOUT_MS,
  };
}

function readUrl(option: string, text: string) {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new Error(`${option} must be an http or https URL, not "${text}".`);
}

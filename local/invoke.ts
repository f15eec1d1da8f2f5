/** `npm run invoke -- event.json`: invokes the deployable function once and prints its response. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Credentials } from '../contract/credentials.ts';
import { startBucket } from './s3/store.ts';
import { generateCredentials } from './secrets.ts';
import { sqsEventOf } from './sqs/sqs-event.ts';

const BUNDLE = new URL('../dist/lambda/index.cjs', import.meta.url);

try {
  const [path] = process.argv.slice(2);
  if (!path) throw new Error('npm run invoke -- event.json   ("npm run event" prints an event)');
  const answer = await run(JSON.parse(await readFile(path, 'utf8')));
  process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

async function run(event: unknown): Promise<unknown> {
  process.env.AWS_REGION ??= 'us-east-1';
  if (!process.env.PHOTO_BUCKET) {
    const lent = await openTemporaryBucket();
    return invoke(event).finally(lent.close);
  }
  setCredentials(await defaultProvider()());
  return invoke(event);
}

/** The function reads credentials only from these variables. */
function setCredentials({ accessKeyId, secretAccessKey, sessionToken }: Credentials) {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken ?? '',
  });
}

/** Invokes the handler for the event. An S3 event is wrapped in a queue message, as on AWS. */
async function invoke(event: unknown): Promise<unknown> {
  const { http, queue } = await import(BUNDLE.href);
  const { Records: records } = Object(event);
  if (records === undefined) return http(event);
  const isOfS3 = records[0]?.eventSource === 'aws:s3';
  return queue(isOfS3 ? sqsEventOf([JSON.stringify(event)], process.env.AWS_REGION ?? '') : event);
}

/** Opens a temporary bucket for this invocation; the response lists what was stored in it. */
async function openTemporaryBucket() {
  const dataDir = await mkdtemp(join(tmpdir(), 'portrait-invoke-'));
  const credentials = generateCredentials();
  const { endpoint, close } = await startBucket({ dataDir, bucket: 'portrait', credentials });
  Object.assign(process.env, { PHOTO_BUCKET: 'portrait', S3_ENDPOINT: endpoint });
  setCredentials(credentials);
  process.stderr.write(
    'PHOTO_BUCKET is not set: the pictures go to a bucket of this call and are gone with it.\n',
  );
  return { close: () => close().finally(() => rm(dataDir, { recursive: true, force: true })) };
}

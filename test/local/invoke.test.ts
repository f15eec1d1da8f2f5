import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryKey } from '../../contract/keys.ts';
import { quarters } from '../lambda/support/drawings.ts';
import { freshId } from '../lambda/support/events.ts';
import { created, openStage, type Stage } from '../lambda/support/queue.ts';

let folder: string;
let stage: Stage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portrait-invoke-test-'));
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true });
});

/** Runs `npm run event` or `npm run invoke` with nothing in the environment but what is given. */
async function run(script: 'event' | 'invoke', args: string[], env: Record<string, string> = {}) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--experimental-strip-types', `local/${script}.ts`, ...args],
    { env, cwd: join(import.meta.dirname, '../..') },
  );
  return stdout;
}

async function file(name: string, content: Buffer | string) {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('an event printed by "npm run event" is accepted by "npm run invoke"', () => {
  test('put: a direct upload', async () => {
    const photoId = await stage.upload();
    const key = temporaryKey(photoId);
    const event = await file(
      'put.json',
      await run('event', ['put', '--key', key, '--bucket', 'photos']),
    );

    const answer = JSON.parse(await run('invoke', [event], stage.settings));

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(stage.receiver.taken).toMatchObject([{ type: 'photo.ready', photo: { photoId } }]);
  });

  test('http: a call, without a bucket', async () => {
    const id = freshId();
    const photo = await file('photo.png', await quarters().png().toBuffer());
    const args = ['http', '--file', photo, '--id', id, '--crop', 'centre'];
    const event = await file('http.json', await run('event', args));

    const answer = JSON.parse(await run('invoke', [event]));

    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ photoId: id, crop: { strategy: 'CENTRE' } });
  });
});

test('an S3 event is wrapped in a queue message', async () => {
  const photoId = await stage.upload();
  stage.receiver.forget();
  const event = await file('s3.json', JSON.stringify(created(temporaryKey(photoId))));

  await run('invoke', [event], stage.settings);

  expect(stage.receiver.attempts).toEqual([`photo.ready.${photoId}`]);
});

test('a put is the event of a message with an encoded key', async () => {
  const event = JSON.parse(
    await run('event', ['put', '--key', 'temp/a b+c(1).jpg', '--size', '3']),
  );

  const [message] = event.Records;
  expect(message).toMatchObject({ eventSource: 'aws:sqs', awsRegion: 'us-east-1' });
  const [record] = JSON.parse(message.body).Records;
  expect(record).toMatchObject({ eventSource: 'aws:s3', eventName: 'ObjectCreated:Post' });
  expect(record.s3.object).toMatchObject({ key: 'temp/a+b%2Bc%281%29.jpg', size: 3 });
});

test.each([
  ['event', [], 'Name an event'],
  ['event', ['http', '--file', '/nowhere'], 'no such file'],
  ['invoke', [], 'npm run invoke -- event.json'],
  ['invoke', ['/nowhere'], 'no such file'],
] as const)('npm run %s with %j names the missing argument', async (script, args, advice) => {
  const failed = await run(script, [...args]).catch((error) => error);

  expect(failed.code).toBeGreaterThan(0);
  expect(failed.stderr).toMatch(advice);
  expect(failed.stderr).not.toMatch(/^\s+at /m);
});

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { signUp } from '../support/client.ts';
import { aFolder } from '../support/postgres.ts';
import { copyProduct, freePorts, start } from '../support/process.ts';

const main = copyProduct('backup');
const run = promisify(execFile);

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl } }';

test('a copy of the data folder brings back people, photos and tokens, and none of what came later', async () => {
  const [folder, kept] = [await aFolder(), await aFolder()];
  await mkdir(join(folder, 'data'));
  const env = { DATA_DIR: join(folder, 'data'), PORT: String(await freePorts()) };
  const first = await start(main, env);
  const person = await signUp(first);
  const file = new Uint8Array(await quarters().png().toBuffer());
  const { data } = await person.upload(UPLOAD, file);
  first.signal('SIGTERM');
  await first.exit;
  // As docs/operations.md has it done.
  await run('cp', ['-a', env.DATA_DIR, kept]);
  const second = await start(main, env);
  const later = await signUp(second);
  second.signal('SIGTERM');
  await second.exit;

  await run('rm', ['-r', env.DATA_DIR]);
  await run('cp', ['-a', join(kept, 'data'), env.DATA_DIR]);
  await start(main, env);

  expect(await person.ask('{ me { id } }')).toEqual({ me: { id: person.id } });
  const picture = await fetch(data.uploadProfilePhoto.avatarUrl);
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/webp']);
  expect((await later.send('{ me { id } }')).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

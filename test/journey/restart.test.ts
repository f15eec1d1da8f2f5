import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import { createFolder, REPOSITORY, temporaryFolder, until } from '../support/postgres.ts';
import {
  copyProduct,
  freePorts,
  launch,
  processesOf,
  type Run,
  start,
  stopAfterAll,
} from '../support/process.ts';

/** Absolute, so that another checkout under test is left alone. */
const OUT = join(REPOSITORY, 'dist/test/restart/');
const main = copyProduct('restart');

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { avatarUrl } }';

describe('after kill -9', () => {
  let env: { DATA_DIR: string; PORT: string };
  let run: Run;
  let person: Person;
  beforeAll(async () => {
    env = { DATA_DIR: await createFolder(), PORT: String(await freePorts()) };
    run = await start(main, env, keep);
    person = await signUp(run);
  });
  afterAll(() => rm(env.DATA_DIR, { recursive: true, force: true }));
  const keep = stopAfterAll();

  test('of all processes during an upload the next start accepts photos again', async () => {
    // Large enough to be still processed when the function has been found.
    const file = new Uint8Array(await quarters(7_000, 7_000).png().toBuffer());
    const upload = expect(person.upload(UPLOAD, file)).rejects.toThrow();
    await until(async () => (await processesOf(`${OUT}lambda/`)).length === 1);

    for (const { pid } of [...(await processesOf(env.DATA_DIR)), ...(await processesOf(OUT))]) {
      process.kill(pid, 'SIGKILL');
    }
    await upload;
    run = await start(main, env, keep);

    expect((await person.upload(UPLOAD, file)).errors).toEqual([]);
    expect(run.output.stderr).toBe('');
  });

  test('the next start has all data, and no process of the last one is left', async () => {
    const file = new Uint8Array(await quarters().png().toBuffer());
    const { data } = await person.upload(UPLOAD, file);

    run.signal('SIGKILL', 'process');
    await run.exit;
    const next = await start(main, env, keep);

    expect(await person.query('{ me { id } }')).toEqual({ me: { id: person.id } });
    const picture = await fetch(data.uploadProfilePhoto.avatarUrl);
    expect(picture.headers.get('content-type')).toBe('image/webp');
    expect((await person.upload(UPLOAD, file)).errors).toEqual([]);
    // The new product, its PostgreSQL and its function: those of the killed one have seen it die.
    await until(async () => (await processesOf(OUT)).length === 2);
    expect(await processesOf(env.DATA_DIR)).toHaveLength(1);
    next.signal('SIGTERM');
    expect(await next.exit).toBe(0);
    expect([...(await processesOf(OUT)), ...(await processesOf(env.DATA_DIR))]).toEqual([]);
  });
});

test('a start after a kill -9 during the first start succeeds', async () => {
  const env = { DATA_DIR: await temporaryFolder() };
  const killed = await launch(main, env);
  await killed.waitForOutput('PostgreSQL starts');

  killed.signal('SIGKILL', 'process');
  await killed.exit;
  const next = await start(main, env);

  expect(next.output.stdout).toContain('First admin');
});

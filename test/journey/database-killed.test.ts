import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import {
  requestPresignedPost,
  sendPresignedPost,
  waitForStatus,
} from '../support/direct-upload.ts';
import { makePhoto } from '../support/photos.ts';
import { createFolder, isAlive, serverPid } from '../support/postgres.ts';
import { copyProduct, freePorts, type Run, start, stopAfterAll } from '../support/process.ts';
import { report } from '../support/report.ts';
import { followPhoto, type PhotoUpdate, subscriptionClient } from '../support/subscription.ts';

const main = copyProduct('database-killed');
const RENAME = `mutation ($id: ID!, $name: String) {
  updateProfile(id: $id, input: { displayName: $name }) { displayName }
}`;

let env: { DATA_DIR: string; PORT: string };
let product: Run;
let person: Person;
beforeAll(async () => {
  env = { DATA_DIR: await createFolder(), PORT: String(await freePorts()) };
  product = await start(main, env, keep);
  person = await signUp(product);
});
afterAll(() => rm(env.DATA_DIR, { recursive: true, force: true }));
// Hooks after all run in reverse: the product stops before its directory is removed.
const keep = stopAfterAll();

/** Kills PostgreSQL as soon as it runs: backends of a server killed before may answer until its successor starts. */
async function killDatabase() {
  const pid = () => serverPid(env.DATA_DIR);
  await expect.poll(async () => isAlive(await pid()), { timeout: 60_000 }).toBe(true);
  process.kill(await pid(), 'SIGKILL');
}

const rename = (name: string) => person.send(RENAME, { id: person.profileId, name });

const displayName = async () =>
  (await person.query('{ me { profile { displayName } } }')).me.profile.displayName;

test('answers 503 after PostgreSQL is killed, recovers without a restart, and keeps every acknowledged write', async () => {
  const statuses = new Map<number, number>();
  let acknowledged = '';
  let attempt = 0;
  /** Writes once; what is answered is either the new name or an error, never both. */
  async function write() {
    const name = `${++attempt}`;
    const { status, data, errors } = await rename(name);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    expect(data?.updateProfile.displayName ?? null).toBe(errors.length > 0 ? null : name);
    if (errors.length === 0) acknowledged = name;
    return errors.length === 0;
  }
  await write();

  const writing = Promise.all(Array.from({ length: 10 }, write));
  await killDatabase();
  const killedAt = Date.now();
  await writing;
  await expect.poll(write, { timeout: 60_000, interval: 50 }).toBe(true);

  report(`after ${Date.now() - killedAt} ms; ${JSON.stringify(Object.fromEntries(statuses))}`);
  expect([...statuses.keys()].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(await displayName()).toBe(acknowledged);
  // It may be reported after the first answer.
  await expect
    .poll(() => product.output.stdout, { timeout: 30_000 })
    .toMatch(/PostgreSQL was lost.*\n(.*\n)*PostgreSQL is running again/);
});

test('loses no acknowledged write across repeated kills', async () => {
  for (let round = 0; round < 3; round++) {
    await expect
      .poll(async () => (await rename(`round ${round}`)).errors, { timeout: 60_000 })
      .toEqual([]);

    await killDatabase();

    await expect
      .poll(() => displayName().catch(() => ''), { timeout: 60_000 })
      .toBe(`round ${round}`);
  }
});

test('is ready again, processes direct uploads and announces them (jobs and LISTEN recover)', async () => {
  await killDatabase();

  const readiness = async () => (await fetch(`${product.url}/readyz`)).status;
  await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
  const form = await requestPresignedPost(person);
  const socket = subscriptionClient(product, person.token);
  const received: PhotoUpdate[] = [];
  const following = followPhoto(socket, form.photo.id, received);
  await expect.poll(() => received.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await sendPresignedPost(form, await makePhoto());

  expect((await following).states.at(-1)).toBe('READY');
  await socket.dispose();
  const { url } = await waitForStatus(person, form.photo.id, 'READY');
  // A job erases the objects of a photo.
  await person.query('mutation { deleteProfilePhoto { id } }');
  const gone = async () => (await fetch(url)).status;
  await expect.poll(gone, { timeout: 60_000 }).toBe(404);
});

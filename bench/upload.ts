/** Measures the API's own CPU per upload and per sign-up, and concurrent uploads. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { bundle } from '../bundle.mjs';
import { startGateway } from '../local/api-gateway/server.ts';
import { startFunctions } from '../local/lambda-host/lambda-host.ts';
import { startPostgres } from '../local/postgres/postgres.ts';
import { startBucket } from '../local/s3/store.ts';
import { createDatabase } from './api/database.ts';
import { SECRET } from './api/portrait.ts';
import { type Server, startServer } from './api/servers.ts';
import { drawPhotos, type Photo } from './image/photos.ts';
import { least, median } from './statistics.ts';
import { createClient, newCounts } from './system/client.ts';
import { SIGN_UP, signUp, upload } from './system/simulated-user.ts';
import { NO_RATE_LIMITS } from './system/system-under-test.ts';
import { printTable } from './table.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = 'dist/bench/product';
const PHOTOS = join(ROOT, 'dist/bench');
const DATA = join(PHOTOS, 'data');
const [BUCKET, REGION] = ['portrait', 'eu-central-1'];
const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench' };

/** `npm run bench -- upload [--runs 20]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { runs: { type: 'string', default: '20' } },
  });
  const parts = await startParts();
  try {
    const photos = await drawPhotos(PHOTOS);
    await measureSizes(parts.api, photos.slice(0, 4), Number(values.runs));
    await measureConcurrency(parts.api, photos, Number(values.runs));
    await measureSignUp(parts.api, Number(values.runs));
  } finally {
    await parts.close();
  }
}

/** Starts the API in its own process. Its dependencies run in this process, and the functions in further ones. */
async function startParts() {
  bundle(FOLDER);
  await rm(DATA, { recursive: true, force: true });
  await mkdir(DATA, { recursive: true });
  const postgres = await startPostgres(DATA, () => {});
  const store = await startBucket({ dataDir: DATA, bucket: BUCKET, credentials: KEYS });
  const location = { AWS_REGION: REGION, S3_ENDPOINT: store.endpoint, PHOTO_BUCKET: BUCKET };
  const keys = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey };
  const functions = startFunctions({
    bundle: join(ROOT, FOLDER, 'lambda/index.cjs'),
    env: { ...location, ...keys },
    log: (line) => stdout.write(`${line}\n`),
  });
  const gateway = await startGateway({
    port: 0,
    region: REGION,
    credentials: KEYS,
    invoke: (event) => functions.invoke('http', event),
  });
  const api = await startServer(
    { name: 'Portrait', script: join(ROOT, FOLDER, 'main.js') },
    {
      ...location,
      ...keys,
      ...NO_RATE_LIMITS,
      LOG_LEVEL: 'fatal',
      DATABASE_URL: await createDatabase(postgres.url, 'bench_upload'),
      JWT_SECRET: SECRET,
      PHOTO_URL: store.endpoint,
      IMAGE_API_URL: gateway.url,
      CALLBACK_SECRET: `whsec_${'A'.repeat(32)}`,
    },
  );
  return {
    api: { ...api, url: new URL(api.url).origin },
    async close() {
      await api.stop();
      await gateway.close();
      await functions.close();
      await store.close();
      await postgres.stop();
      await rm(DATA, { recursive: true, force: true });
    },
  };
}

type Api = Pick<Server, 'url' | 'usage'>;

/** Client of a new user. */
async function openUser({ url }: Api) {
  const counts = newCounts();
  const call = createClient(url, counts);
  const user = await signUp(call);
  if (!user) throw new Error(`Sign-up failed: ${[...counts.answers.keys()]}.`);
  return { call, user };
}

type Client = Awaited<ReturnType<typeof openUser>>;

async function send({ call, user }: Client, photo: Photo) {
  const code = await upload(call, user, new Uint8Array(await readFile(photo.path)));
  if (code !== 'OK') throw new Error(`A photo of ${photo.label} failed with ${code}.`);
}

/**
 * Uploads photos one after another: the API's CPU for each, by size. Measures a user's first photo, and one that replaces
 * another, whose objects the API deletes at the same time.
 */
async function measureSizes(api: Api, photos: readonly Photo[], runs: number) {
  const rows = [['photo', 'bytes', 'first: CPU ms', 'least', 'next: CPU ms', 'least', 'wall ms']];
  for (const photo of photos) {
    const samples = { first: [] as number[], next: [] as number[], wall: [] as number[] };
    // The first ten are warm-up.
    for (let at = -10; at < runs; at++) {
      const client = await openUser(api);
      const [first, next] = [await cpuOf(api, client, photo), await cpuOf(api, client, photo)];
      if (at < 0) continue;
      samples.first.push(first.cpu);
      samples.next.push(next.cpu);
      samples.wall.push(next.wall);
    }
    const { first, next, wall } = samples;
    rows.push([
      ...[photo.label, String(photo.bytes)],
      ...[median(first), least(first), median(next), least(next)].map((ms) => ms.toFixed(1)),
      median(wall).toFixed(0),
    ]);
  }
  printTable('uploadProfilePhoto: CPU of the API, without the function', rows);
}

/** ms */
async function cpuOf(api: Api, client: Client, photo: Photo) {
  const [before, begun] = [await api.usage(), performance.now()];
  await send(client, photo);
  const wall = performance.now() - begun;
  return { cpu: ((await api.usage()).cpu - before.cpu) / 1000, wall };
}

/** Uploads photos of 1 MB from several users concurrently. */
async function measureConcurrency(api: Api, photos: readonly Photo[], runs: number) {
  const photo = photos.find(({ label }) => label === '1 MB');
  if (!photo) throw new Error('There is no photo of 1 MB.');
  const rows = [['concurrency', 'photos/s', 'ratio to 1']];
  let alone = 0;
  for (const concurrency of [1, 2, 4]) {
    const clients = await Promise.all(Array.from({ length: concurrency }, () => openUser(api)));
    await Promise.all(clients.map((client) => send(client, photo)));
    const begun = performance.now();
    await Promise.all(
      clients.map(async (client) => {
        for (let at = 0; at < runs / concurrency; at++) await send(client, photo);
      }),
    );
    const rate = (1000 * Math.ceil(runs / concurrency) * concurrency) / (performance.now() - begun);
    alone ||= rate;
    rows.push([String(concurrency), rate.toFixed(1), (rate / alone).toFixed(2)]);
  }
  printTable('Photos of 1 MB, with the function', rows);
}

/** Creates accounts one after another. Nearly all of the CPU is the password hash. */
async function measureSignUp(api: Api, runs: number) {
  const call = createClient(api.url, newCounts());
  await signUp(call);
  const cpus: number[] = [];
  for (let at = 0; at < runs; at++) {
    const before = await api.usage();
    const [username, password] = [`bench-${at}`, `password ${Math.random()}`];
    const input = { username, email: `${username}@example.org`, password };
    const { code } = await call('createUser', { query: SIGN_UP, variables: { input } });
    if (code !== 'OK') throw new Error(`createUser failed with ${code}.`);
    cpus.push(((await api.usage()).cpu - before.cpu) / 1000);
  }
  printTable('createUser, with the password hash', [
    ['', 'CPU ms', 'least'],
    ['an account', median(cpus).toFixed(1), least(cpus).toFixed(1)],
  ]);
}

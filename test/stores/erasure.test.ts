/** Erasure on stores that lack an operation, refuse one, keep versions, or only pretend to delete. */
import type { IncomingMessage } from 'node:http';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startBucket } from '../../local/s3/store.ts';
import { openBucket } from '../../src/photos/storage/bucket.ts';
import { type HttpProxy, startHttpProxy } from '../support/http-proxy.ts';
import { createFolder } from '../support/postgres.ts';
import { stubStoreSettings } from '../support/third-party-stores.ts';
import { startVersionedStore, type VersionedStore } from '../support/versioned-store.ts';

const PHOTO_ID = crypto.randomUUID();
const OTHER_ID = crypto.randomUUID();
const KEYS = [`image/${PHOTO_ID}/50.webp`, `image/${PHOTO_ID}/master.jpeg`, `temp/${PHOTO_ID}`];

/** The bucket as the API opens it in one process, and a client that fills it. */
function openStore(endpoint: string) {
  const config = {
    ...{ bucket: 'portrait', region: 'us-east-1', s3Endpoint: endpoint },
    ...{ imageFolder: 'image/', temporaryFolder: 'temp/' },
  };
  const bucket = openBucket(config);
  const client = new S3Client({ region: config.region, endpoint, forcePathStyle: true });
  onTestFinished(() => {
    bucket.close();
    client.destroy();
  });
  return {
    bucket,
    put: (Key: string) =>
      client.send(new PutObjectCommand({ Bucket: 'portrait', Key, Body: Buffer.from('x') })),
    async left() {
      const found: string[] = [];
      for await (const page of bucket.objectsBefore(new Date(Date.now() + 60_000))) {
        found.push(...page.map(({ key }) => key));
      }
      return found;
    },
  };
}

describe('without versions', () => {
  let store: Awaited<ReturnType<typeof startBucket>>;
  let proxy: HttpProxy;
  beforeEach(async () => {
    const credentials = { accessKeyId: 'of', secretAccessKey: 'tests' };
    store = await startBucket({ dataDir: await createFolder(), bucket: 'portrait', credentials });
    stubStoreSettings(store.endpoint, credentials.accessKeyId, credentials.secretAccessKey);
    proxy = await startHttpProxy(store.endpoint);
  });
  afterEach(async () => {
    proxy.close();
    await store.close();
  });

  async function openFilled() {
    const opened = openStore(proxy.url);
    for (const key of [...KEYS, `image/${OTHER_ID}/50.webp`]) await opened.put(key);
    return opened;
  }

  const isVersions = ({ url = '' }: IncomingMessage) => /[?&]versions/.test(url);
  const isBatch = ({ method, url = '' }: IncomingMessage) =>
    method === 'POST' && /[?&]delete/.test(url);

  /** Answers these requests with the status, and counts them. */
  function refuse(isMeant: (request: IncomingMessage) => boolean, status: number, body: string) {
    const seen = { count: 0 };
    proxy.override({
      answer(request) {
        if (!isMeant(request)) return undefined;
        seen.count += 1;
        return { status, body };
      },
    });
    return seen;
  }

  const xml = (code: string) => `<Error><Code>${code}</Code></Error>`;

  test.each([
    ['501 (Cloudflare R2)', 501, xml('NotImplemented')],
    ['405 (s3rver)', 405, xml('MethodNotAllowed')],
    ["501 with a proxy's page", 501, '<html><body>Not here</body></html>'],
    ['501 without a body', 501, ''],
    ['400 that names it unsupported', 400, xml('UnsupportedOperation')],
  ])('erases a photo where ListObjectVersions responds %s', async (_, status, body) => {
    const { bucket, left } = await openFilled();
    refuse(isVersions, status, body);

    const gone = await bucket.erase(PHOTO_ID);
    await bucket.erase(OTHER_ID);

    expect(gone.sort()).toEqual(KEYS);
    expect(await left()).toEqual([]);
  });

  test.each([
    ['403', 403, xml('AccessDenied')],
    ['503', 503, xml('SlowDown')],
    ['500', 500, ''],
    ['400 for another reason', 400, xml('ExpiredToken')],
    ['404 without a bucket', 404, xml('NoSuchBucket')],
  ])(
    'fails, and does not treat the store as unversioned, when the response is %s',
    async (_, status, body) => {
      const { bucket } = await openFilled();
      refuse(isVersions, status, body);

      await expect(bucket.erase(PHOTO_ID)).rejects.toThrow();
      const seen = refuse(isVersions, 501, xml('NotImplemented'));
      const gone = await bucket.erase(PHOTO_ID);

      expect(seen.count).toBeGreaterThan(0);
      expect(gone.sort()).toEqual(KEYS);
    },
  );

  test.each([
    ['501', 501, xml('NotImplemented')],
    ['405', 405, xml('MethodNotAllowed')],
    ['400 for want of Content-MD5', 400, xml('InvalidRequest')],
  ])(
    'deletes objects one by one where DeleteObjects responds %s, and tries it only once',
    async (_, status, body) => {
      const { bucket, left } = await openFilled();
      const seen = refuse(isBatch, status, body);

      await bucket.erase(PHOTO_ID);
      await bucket.erase(OTHER_ID);
      await bucket.remove([...KEYS, 'temp/absent']);

      expect(await left()).toEqual([]);
      expect(seen.count).toBeLessThanOrEqual(2);
    },
  );

  test('fails when the permission to delete is missing, in both ways', async () => {
    const { bucket, left } = await openFilled();
    refuse((request) => isBatch(request) || request.method === 'DELETE', 403, xml('AccessDenied'));

    await expect(bucket.erase(PHOTO_ID)).rejects.toThrow();

    proxy.override({});
    expect(await left()).toHaveLength(4);
  });

  test('fails when the store reports the deletion but still lists the objects', async () => {
    const { bucket } = await openFilled();
    refuse(isBatch, 200, '<DeleteResult></DeleteResult>');

    await expect(bucket.erase(PHOTO_ID)).rejects.toThrow('still lists');
  });

  test.each([
    ['the page of a login', '<html><body>Please sign in</body></html>'],
    ['an empty body', ''],
    ['a list of another kind', '<ListAllMyBucketsResult></ListAllMyBucketsResult>'],
    [
      'a list without a prefix',
      '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>',
    ],
  ])('fails when a list responds 200 with %s', async (_, body) => {
    const { bucket, left } = await openFilled();
    const isList = ({ method, url = '' }: IncomingMessage) =>
      method === 'GET' && /[?&](list-type|versions)/.test(url);
    refuse(isList, 200, body);

    await expect(bucket.erase(PHOTO_ID)).rejects.toThrow('The store');
    await expect(left()).rejects.toThrow('The store');

    proxy.override({});
    expect(await left()).toHaveLength(4);
  });

  test('fails and deletes nothing when a list contains the objects of another photo', async () => {
    const { bucket, left } = await openFilled();
    const prefixOf = (url = '') => new URL(url, 'http://store').searchParams.get('prefix') ?? '';
    const contents = [...KEYS, `image/${OTHER_ID}/50.webp`]
      .map((key) => `<Contents><Key>${key}</Key></Contents>`)
      .join('');
    proxy.override({
      answer: ({ url = '', method }) =>
        method === 'GET' && /[?&]list-type/.test(url)
          ? { status: 200, body: aList(prefixOf(url), contents) }
          : undefined,
    });

    await expect(bucket.erase(PHOTO_ID)).rejects.toThrow(/The store lists image|temp/);

    proxy.override({});
    expect(await left()).toHaveLength(4);
  });

  test('fails when the store lists new objects without end', async () => {
    const { bucket } = openStore(proxy.url);
    proxy.override({
      answer({ url = '', method }) {
        const prefix = new URL(url, 'http://store').searchParams.get('prefix') ?? '';
        if (method !== 'GET' || !/[?&]list-type/.test(url)) return undefined;
        const key = prefix + crypto.randomUUID();
        return { status: 200, body: aList(prefix, `<Contents><Key>${key}</Key></Contents>`) };
      },
    });

    await expect(bucket.erase(PHOTO_ID)).rejects.toThrow('lists still more objects');
  });

  test('fails when an empty list is marked as truncated', async () => {
    const { bucket } = await openFilled();
    proxy.override({
      answer({ url = '', method }) {
        const prefix = new URL(url, 'http://store').searchParams.get('prefix') ?? '';
        const isList = method === 'GET' && /[?&]list-type/.test(url);
        return isList ? { status: 200, body: aList(prefix, '', true) } : undefined;
      },
    });

    await expect(bucket.erase(PHOTO_ID)).rejects.toThrow('lists none');
  });

  const aList = (prefix: string, contents: string, isTruncated = false) =>
    `<ListBucketResult><Prefix>${prefix}</Prefix><IsTruncated>${isTruncated}</IsTruncated>${contents}</ListBucketResult>`;
});

describe('with versions', () => {
  let store: VersionedStore;
  beforeEach(async () => {
    store = await startVersionedStore();
  });
  afterEach(() => store.close());

  test('erases every version and every delete marker, page after page, and nothing else', async () => {
    const { bucket, put } = openStore(store.env.S3_ENDPOINT);
    for (let round = 0; round < 4; round++) {
      for (const key of KEYS) await put(key);
      await bucket.remove(KEYS);
    }
    await put(`image/${OTHER_ID}/50.webp`);
    expect(store.versions).toHaveLength(4 * 2 * KEYS.length + 1);

    const gone = await bucket.erase(PHOTO_ID);

    expect(gone.sort()).toEqual(KEYS);
    expect(store.versions.map(({ key }) => key)).toEqual([`image/${OTHER_ID}/50.webp`]);
  });

  test('erases them one by one where the store has no DeleteObjects', async () => {
    const { bucket, put } = openStore(store.env.S3_ENDPOINT);
    for (const key of [...KEYS, ...KEYS]) await put(key);
    store.failWith = ({ method }) => (method === 'POST' ? 501 : undefined);

    await bucket.erase(PHOTO_ID);

    expect(store.versions).toEqual([]);
  });

  const refuseVersions = (status: number): VersionedStore['failWith'] => {
    return ({ url }) => (url.searchParams.has('versions') ? status : undefined);
  };

  test.each([405, 501])(
    'fails at every attempt while versions are kept but listing them responds %i',
    async (status) => {
      const { bucket, put } = openStore(store.env.S3_ENDPOINT);
      for (const key of KEYS) await put(key);
      store.failWith = refuseVersions(status);

      await expect(bucket.erase(PHOTO_ID)).rejects.toThrow('keeps a version');
      // Nothing is listed any more: markers hide all of it.
      await expect(bucket.erase(PHOTO_ID)).rejects.toThrow('keeps versions');
      const { bucket: restarted } = openStore(store.env.S3_ENDPOINT);
      await expect(restarted.erase(PHOTO_ID)).rejects.toThrow('keeps versions');
      expect(store.versions.filter(({ bytes }) => bytes)).toHaveLength(KEYS.length);
    },
  );

  test.each([405, 501])(
    'erases every version once they can be listed again after a %i',
    async (status) => {
      const { bucket, put } = openStore(store.env.S3_ENDPOINT);
      for (const key of [...KEYS, ...KEYS]) await put(key);
      store.failWith = refuseVersions(status);
      await expect(bucket.erase(PHOTO_ID)).rejects.toThrow();
      await expect(bucket.erase(PHOTO_ID)).rejects.toThrow();

      store.failWith = () => undefined;
      const gone = await bucket.erase(PHOTO_ID);

      expect(gone).toEqual(expect.arrayContaining(KEYS));
      expect(store.versions).toEqual([]);
    },
  );

  test.each([
    ['empties', (query: URLSearchParams) => query.set('prefix', '')],
    ['drops', (query: URLSearchParams) => query.delete('prefix')],
  ])('fails and deletes nothing when a proxy %s the prefix of lists', async (_, change) => {
    const proxy = await startHttpProxy(store.env.S3_ENDPOINT);
    onTestFinished(() => proxy.close());
    const { bucket, put, left } = openStore(proxy.url);
    for (const key of [...KEYS, `image/${OTHER_ID}/50.webp`]) await put(key);
    proxy.override({
      rewrite(path) {
        const url = new URL(path, 'http://store');
        if (url.searchParams.has('prefix')) change(url.searchParams);
        return url.pathname + url.search;
      },
    });

    await expect(bucket.erase(PHOTO_ID)).rejects.toThrow('The store lists');
    // Cleanup rejects such a list as well.
    await expect(left()).rejects.toThrow('The store lists');

    expect(store.versions).toHaveLength(4);
  });

  test('fails when listing versions is denied halfway', async () => {
    const { bucket, put } = openStore(store.env.S3_ENDPOINT);
    for (let round = 0; round < 9; round++) await put(`image/${PHOTO_ID}/50.webp`);
    const isPictures = (url: URL) => url.searchParams.get('prefix')?.startsWith('image/');
    let lists = 0;
    store.failWith = ({ url }) => {
      if (!url.searchParams.has('versions') || !isPictures(url)) return undefined;
      lists += 1;
      return lists > 1 ? 405 : undefined;
    };

    await expect(bucket.erase(PHOTO_ID)).rejects.toThrow();

    // The rest is not hidden behind a delete marker.
    expect(store.versions).toHaveLength(4);
    expect(store.versions.every(({ bytes }) => bytes)).toBe(true);
  });
});

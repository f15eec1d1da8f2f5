/** What goes over the wire to S3, beside what the AWS SDK would send. */
import { createHash } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addressOf } from '../../lambda/s3/address.ts';
import { openStore } from '../../lambda/store.ts';
import { type Bucket, openBucket } from './support/bucket.ts';
import { CREDENTIALS, type Sent, startS3 } from './support/s3.ts';

let s3: Awaited<ReturnType<typeof startS3>>;
let bucket: Bucket;
beforeAll(async () => {
  s3 = await startS3();
  bucket = await openBucket();
});
beforeEach(() => s3.forget());
afterAll(async () => {
  await s3.close();
  await bucket.close();
});

const SESSION = { ...CREDENTIALS, sessionToken: 'token/of+a=session' };
const PICTURE = { bytes: Buffer.from('picture'), type: 'image/webp', digest: 'mark' };
const ODD_KEYS = [
  'image/01a1ff74-5e24-7795-99ca-aaaa3c81fd9b/400.webp',
  'a b+c%2F&d=e?f#g',
  "it's (not) *that*!",
  'größe/写真/😀.jpeg',
  'a//b/../c/./d/',
  '~tilde_under-dash.dot',
];

describe.each(ODD_KEYS)('the key %s', (key) => {
  test('is encoded as by the AWS SDK', async () => {
    const { region, endpoint } = s3.place;
    const options = { region, endpoint, forcePathStyle: true, credentials: CREDENTIALS };
    const sdk = new S3Client(options);
    await sdk.send(new GetObjectCommand({ Bucket: 'photos', Key: key }));

    await openStore(s3.place, CREDENTIALS).get(key, 1_000);

    const [theirs, ours] = s3.requests;
    expect(ours?.url).toBe(theirs?.url.replace('?x-id=GetObject', ''));
    sdk.destroy();
  });

  test.each([
    ['without expiry', CREDENTIALS],
    ['for a session', SESSION],
  ])(
    'is signed together with the rest of the request, by credentials %s',
    async (_, credentials) => {
      const store = openStore(s3.place, credentials);

      await store.put(key, PICTURE);
      await store.get(key, 1_000);
      await store.remove([key]);

      expect(s3.requests.map(({ method }) => method)).toEqual(['PUT', 'GET', 'DELETE']);
      for (const request of s3.requests) {
        expect(request.headers.authorization).toBe(await signAgain(request, credentials));
      }
    },
  );

  test('stores an object until it is deleted', async () => {
    const { AWS_REGION: region, S3_ENDPOINT: endpoint } = bucket.env;
    const store = openStore({ region, endpoint, bucket: 'photos' }, CREDENTIALS);

    await store.put(key, PICTURE);

    expect(await bucket.keys()).toEqual([key]);
    expect(await store.get(key, 7)).toEqual({
      bytes: PICTURE.bytes,
      metadata: { source: 'mark' },
    });
    expect(await store.digestOf(key)).toBe('mark');
    await store.remove([key, `${key}-never-there`]);
    expect(await bucket.keys()).toEqual([]);
    expect(await store.get(key, 7)).toBeUndefined();
    expect(await store.digestOf(key)).toBeUndefined();
  });
});

test('a request is signed with its host, headers and every byte of its body', async () => {
  await openStore(s3.place, SESSION).put('key', PICTURE);

  const [put] = s3.requests;
  const [, signed = ''] = /SignedHeaders=([^,]+)/.exec(put?.headers.authorization ?? '') ?? [];
  // The first two may be changed by proxies, so AWS's signer does not sign them.
  const unsigned = ['cache-control', 'connection', 'authorization'];
  const sent = Object.keys(put?.headers ?? {}).filter((name) => !unsigned.includes(name));
  expect(signed.split(';')).toEqual(sent.sort());
  expect(put?.headers).toMatchObject({ 'content-length': '7', 'x-amz-meta-source': 'mark' });
  expect(put?.headers['x-amz-content-sha256']).toBe(sha256(PICTURE.bytes));
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What the Authorization header must be, by AWS's own signer, of what has arrived. */
async function signAgain({ method, url, headers, body }: Sent, credentials: typeof CREDENTIALS) {
  const { authorization = '', 'x-amz-date': time } = headers;
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  const date = String(time).replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6');
  const signer = new SignatureV4({
    ...{ service: 's3', region: 'eu-central-1', credentials, sha256: Sha256 },
    ...{ uriEscapePath: false, applyChecksum: false },
  });
  const told = names.filter((name) => name !== 'x-amz-content-sha256');
  const again = await signer.sign(
    {
      ...{ method, path: url, protocol: 'http:', hostname: '' },
      headers: {
        ...Object.fromEntries(told.map((name) => [name, String(headers[name])])),
        'x-amz-content-sha256': sha256(body),
      },
    },
    { signingDate: new Date(date) },
  );
  return again.headers.authorization;
}

describe('a bucket on AWS has the same URL as in the AWS SDK', () => {
  const regions = ['eu-central-1', 'us-east-1', 'us-gov-west-1', 'cn-north-1', 'eusc-de-east-1'];
  const secret = ['us-iso-east-1', 'us-isob-east-1', 'us-isof-south-1', 'eu-isoe-west-1'];

  test.each([...regions, ...secret])('in %s', async (region) => {
    const { config } = new S3Client({ region });

    for (const name of ['photos', 'photos.example.org']) {
      const { url } = config.endpointProvider({ Bucket: name, Region: region });
      const { origin, pathOf } = addressOf(name, { region, endpoint: undefined });

      expect(origin.origin + pathOf('')).toBe(url.href.replace(/\/?$/, '/'));
    }
  });

  test.each([
    ['https://s3.example.org', 'https://s3.example.org/photos/key'],
    ['https://example.org:9000/store/', 'https://example.org:9000/store/photos/key'],
  ])('another store, %s, has the bucket in its path', (endpoint, url) => {
    const { origin, pathOf } = addressOf('photos', { region: 'eu-central-1', endpoint });

    expect(origin.origin + pathOf('key')).toBe(url);
  });
});

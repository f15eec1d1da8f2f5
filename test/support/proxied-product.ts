import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { startBucket } from '../../local/s3/store.ts';
import type { AppConfig } from '../../src/config.ts';
import { type Product, startProduct } from './product.ts';
import { storedKeys } from './stored-objects.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface ProxiedProduct extends Product {
  /** Between the API and PostgreSQL. */
  database: TcpProxy;
  /** Between the bucket and all who use it: the API, the image function, the door. */
  bucket: TcpProxy;
  /** Between the API and the gateway of the image function. */
  gateway: TcpProxy;
  /** What is in the bucket, whatever state its line is in. */
  stored(): Promise<string[]>;
}

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The whole product, with a line that can fail in front of each thing it depends on. */
export async function startProxiedProduct(
  env: Record<string, string> = {},
  change: Partial<AppConfig> = {},
): Promise<ProxiedProduct> {
  const dataDir = await mkdtemp(join(tmpdir(), 'portrait-bucket-'));
  const store = await startBucket({ dataDir, bucket: 'portrait', credentials: CREDENTIALS });
  // Whoever signs requests for a bucket that is not embedded looks for credentials here.
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  const bucket = await startTcpProxy(placeOf(store.endpoint));
  const lines = { bucket } as Pick<ProxiedProduct, 'bucket' | 'database' | 'gateway'>;

  const product = await startProduct(
    {
      S3_ENDPOINT: bucket.url,
      PHOTO_BUCKET: 'portrait',
      THUMB_DIMENSIONS: '50',
      BLUR: 'false',
      ...env,
    },
    async (config) => {
      const url = new URL(config.databaseUrl);
      lines.database = await startTcpProxy({
        path: `${decodeURIComponent(url.hostname)}/.s.PGSQL.${url.port}`,
      });
      lines.gateway = await startTcpProxy(placeOf(config.imageApiUrl));
      return {
        databaseUrl: `postgresql://${url.username}@127.0.0.1:${lines.database.port}${url.pathname}`,
        imageApiUrl: lines.gateway.url,
        ...change,
      };
    },
  );

  return {
    ...product,
    ...lines,
    stored: () =>
      storedKeys({ config: { ...product.config, dataDir, s3Endpoint: store.endpoint } }),
    async close() {
      await product.close();
      for (const line of Object.values(lines)) await line.close();
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const placeOf = (address: string) => {
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) };
};

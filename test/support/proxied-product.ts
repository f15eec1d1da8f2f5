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
  /** Between the bucket and its users: the API, the image function, the local S3 gateway. */
  bucket: TcpProxy;
  /** Between the API and the gateway of the image function. */
  gateway: TcpProxy;
  /**
   * Replaces all database connections, so that statements are sent as text once more: on a connection that has prepared
   * one, only its name is sent.
   */
  reconnectDatabase(): Promise<void>;
  /** Keys in the bucket, read past the proxy. */
  stored(): Promise<string[]>;
}

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Starts the product with a TCP proxy in front of the database, the bucket and the image API. */
export async function startProxiedProduct(
  env: Record<string, string> = {},
  change: Partial<AppConfig> = {},
): Promise<ProxiedProduct> {
  const dataDir = await mkdtemp(join(tmpdir(), 'portrait-bucket-'));
  const store = await startBucket({ dataDir, bucket: 'portrait', credentials: CREDENTIALS });
  // Requests to a bucket that is not embedded are signed with the environment's credentials.
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  const bucket = await startTcpProxy(hostAndPort(store.endpoint));
  const proxies = { bucket } as Pick<ProxiedProduct, 'bucket' | 'database' | 'gateway'>;

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
      proxies.database = await startTcpProxy({
        path: `${decodeURIComponent(url.hostname)}/.s.PGSQL.${url.port}`,
      });
      proxies.gateway = await startTcpProxy(hostAndPort(config.imageApiUrl));
      return {
        databaseUrl: `postgresql://${url.username}@127.0.0.1:${proxies.database.port}${url.pathname}`,
        imageApiUrl: proxies.gateway.url,
        ...change,
      };
    },
  );

  return {
    ...product,
    ...proxies,
    async reconnectDatabase() {
      proxies.database.redirect();
      const isReady = async () => (await fetch(`${product.url}/readyz`)).ok;
      await vi.waitUntil(isReady, { timeout: 20_000 });
    },
    stored: () =>
      storedKeys({ config: { ...product.config, dataDir, s3Endpoint: store.endpoint } }),
    async close() {
      await product.close();
      for (const proxy of Object.values(proxies)) await proxy.close();
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const hostAndPort = (address: string) => {
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) };
};

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** What S3 would answer for each setting; what is absent was never set. */
export interface BucketSettings {
  publicAccessBlock?: string;
  policyStatus?: string;
  lifecycle?: string;
}

const ABSENT = {
  publicAccessBlock: 'NoSuchPublicAccessBlockConfiguration',
  policyStatus: 'NoSuchBucketPolicy',
  lifecycle: 'NoSuchLifecycleConfiguration',
};

/** S3 for everybody in this process until the test ends: it knows the settings of its bucket, and nothing else. */
export async function openS3(settings: BucketSettings) {
  const server = createServer((request, response) => {
    const [, query = ''] = request.url?.split('?') ?? [];
    const name = (Object.keys(ABSENT) as (keyof BucketSettings)[]).find(
      (one) => one in parse(query),
    );
    const set = name && settings[name];
    response.writeHead(set ? 200 : 404, { 'content-type': 'application/xml' });
    response.end(set ?? `<Error><Code>${name ? ABSENT[name] : 'NoSuchBucket'}</Code></Error>`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'of');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'tests');
}

const parse = (query: string) => Object.fromEntries(new URLSearchParams(query));

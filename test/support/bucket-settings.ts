import { vi } from 'vitest';
import { serveAws } from './aws.ts';

/** S3's response for each bucket setting; absent settings were never set. */
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

/** Serves an S3 that has only bucket settings, until the test ends. */
export async function openS3(settings: BucketSettings) {
  await serveAws('S3', (request, response) => {
    const [, query = ''] = request.url?.split('?') ?? [];
    const name = (Object.keys(ABSENT) as (keyof BucketSettings)[]).find(
      (one) => one in parse(query),
    );
    const set = name && settings[name];
    response.writeHead(set ? 200 : 404, { 'content-type': 'application/xml' });
    response.end(set ?? `<Error><Code>${name ? ABSENT[name] : 'NoSuchBucket'}</Code></Error>`);
  });
  vi.stubEnv('AWS_REGION', 'eu-central-1');
}

const parse = (query: string) => Object.fromEntries(new URLSearchParams(query));

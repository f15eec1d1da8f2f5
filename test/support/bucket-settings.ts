import { vi } from 'vitest';
import { serveAws } from './aws.ts';

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

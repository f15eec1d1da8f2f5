import { createServer } from 'node:http';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { PHOTO_HEADERS } from '../../contract/web-app.ts';
import { knownHosts, MISDIRECTED, UNKNOWN_HOST } from '../../src/http/host.ts';
import { listen } from '../listen.ts';
import { sendPhoto } from './get-photo.ts';
import { answerUpload, isUpload, type Uploads } from './post-object.ts';

export interface S3GatewayOptions {
  host: string;
  port: number;
  /** Origins whose hosts are accepted in the Host header, in addition to this machine's names. */
  corsOrigins?: string[];
  /** Endpoint and credentials of the bucket. Presigned POSTs are signed with the same credentials, for the same region. */
  s3: Pick<S3ClientConfig, 'endpoint' | 'region' | 'credentials'>;
  bucket: string;
  /** The only public folder, with a final slash. */
  folder: string;
  /** Accepts presigned POSTs if set. */
  uploads?: Uploads;
}

/** On every response: objects never run as scripts, are never sniffed as another type, and may be embedded by any page. */
const SAFE_HEADERS = {
  ...PHOTO_HEADERS,
  'access-control-allow-origin': '*',
};

/**
 * Starts the public side of the bucket: serves the photos of one folder, as CloudFront does on AWS, and accepts presigned
 * POSTs (`POST /{bucket}`), as S3 does.
 */
export async function startS3Gateway({
  host,
  port,
  corsOrigins = [],
  s3,
  bucket,
  folder,
  uploads,
}: S3GatewayOptions) {
  const isKnown = knownHosts({ host, corsOrigins });
  const client = new S3Client({
    ...s3,
    forcePathStyle: true,
    maxAttempts: 2,
    // As in src/photos/storage/bucket.ts: not every store answers "100 Continue".
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: 5_000,
      socketTimeout: 30_000,
      // More than concurrent responses (listen.ts): a client that does not read must not block the others.
      httpAgent: { keepAlive: true, maxSockets: 600 },
    },
  });
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
    if (!isKnown(request.headers.host)) {
      response.writeHead(MISDIRECTED, { 'content-type': 'text/plain' }).end(UNKNOWN_HOST);
    } else if (uploads && isUpload(request)) {
      await answerUpload(request, response, { client, bucket, ...uploads });
    } else {
      await sendPhoto(request, response, { client, bucket, folder });
    }
  });
  const { url, close } = await listen(server, {
    host,
    port,
    setting: 'PORT (photo links are on the port after it)',
  });

  return {
    url,
    async close() {
      await close();
      client.destroy();
    },
  };
}

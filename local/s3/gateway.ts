import { createServer } from 'node:http';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { PHOTO_HEADERS } from '../../contract/web-app.ts';
import { knownHosts, MISDIRECTED, UNKNOWN_HOST } from '../../src/http/host.ts';
import { listen } from '../listen.ts';
import { showPhoto } from './get-photo.ts';
import { answerUpload, isUpload, type Uploads } from './post-object.ts';

export interface DoorOptions {
  host: string;
  port: number;
  /** Their hosts may stand in the Host header, beside this machine's own names. */
  corsOrigins?: string[];
  /** Where the bucket is, and what opens it; forms are signed with the same credentials, for the same region. */
  s3: Pick<S3ClientConfig, 'endpoint' | 'region' | 'credentials'>;
  bucket: string;
  /** The only folder that is shown; it ends in a slash. */
  folder: string;
  /** Without it nothing can be put in. */
  uploads?: Uploads;
}

/** Sent with everything: what the bucket holds never runs, never passes for another type, and may be shown on any page. */
const SAFE_HEADERS = {
  ...PHOTO_HEADERS,
  'access-control-allow-origin': '*',
};

/**
 * Opens the public side of the bucket: out come the photos of one folder, as from CloudFront on AWS; in go
 * the signed forms of browsers, `POST /{bucket}` as S3 takes them.
 */
export async function startDoor({
  host,
  port,
  corsOrigins = [],
  s3,
  bucket,
  folder,
  uploads,
}: DoorOptions) {
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
      // More than the photos that are sent at once (listen.ts): a client that does not read must not keep out the others.
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
      await showPhoto(request, response, { client, bucket, folder });
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

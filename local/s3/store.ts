import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { startFauxqs } from 'fauxqs';
import { isSigned, type Signer } from '../sigv4.ts';

export interface BucketOptions {
  /** Folder of the product's data. */
  dataDir: string;
  /** Its name. */
  bucket: string;
  /** What requests are signed with, for S3 and for SQS. */
  credentials: Signer['credentials'];
}

/**
 * Starts an S3 look-alike on a free loopback port and makes the bucket if it is missing.
 *
 * Objects live in one SQLite file under `dataDir/bucket` and survive a `kill -9` whole or not at all. Requests must be
 * signed with these credentials, since every user of the machine can reach the endpoint: browsers get `startDoor`.
 * A single PUT takes at most 11 MiB; what may be larger is sent in parts (`@aws-sdk/lib-storage`).
 *
 * @throws Error when another process has this folder open
 */
export async function startBucket({ dataDir, bucket, credentials }: BucketOptions) {
  const lock = await lockFolder(dataDir);
  clearLeftOvers(dataDir);
  const keepOut = (message: unknown) => keepStrangersOut(message, credentials);
  subscribe('fastify.initialization', keepOut);
  const starting = startFauxqs({
    port: 0,
    logger: false,
    // Not `s3StorageDir`: its files are torn by a kill in the middle of a write, and one torn file stops every later start.
    dataDir: join(dataDir, 'bucket'),
    init: { buckets: [bucket] },
  });
  unsubscribe('fastify.initialization', keepOut);

  const server = await starting;
  const endpoint = `http://127.0.0.1:${server.port}`;
  if (server.address !== endpoint) {
    await server.stop();
    throw new Error(`The bucket listens on ${server.address}, where strangers can reach it.`);
  }
  return {
    endpoint,
    async close() {
      await server.stop();
      lock.close();
    },
  };
}

/**
 * The store reads its file once and then answers from memory: two on one folder would not see each other's photos.
 * The lock ends with its process, however that dies.
 */
async function lockFolder(dataDir: string) {
  await mkdir(join(dataDir, 'bucket'), { recursive: true });
  const lock = new DatabaseSync(join(dataDir, 'bucket', 'lock'));
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (cause) {
    lock.close();
    const advice = 'Stop that one, or set DATA_DIR to another folder.';
    throw new Error(`Another Portrait is running on the data in ${dataDir}. ${advice}`, { cause });
  }
}

/** What a kill left half-done, of which nobody who did it is alive: they had this folder to themselves. */
const LEFT_OVER = {
  // The store would keep parts for ever, in its file and in memory. On AWS a lifecycle rule takes them.
  s3_multipart_uploads: 'delete from s3_multipart_uploads',
  // Messages that a function had come again at once, not when its visibility timeout is over.
  sqs_messages: 'update sqs_messages set receipt_handle = null, visibility_deadline = null',
};

function clearLeftOvers(dataDir: string) {
  const store = new DatabaseSync(join(dataDir, 'bucket', 'fauxqs.db'));
  const isThere = store.prepare('select 1 from sqlite_schema where name = ?');
  for (const [table, statement] of Object.entries(LEFT_OVER)) {
    if (isThere.get(table)) store.exec(statement);
  }
  store.close();
}

/**
 * The store would listen on every network interface and has no option against it;
 * Fastify announces each new server, here before it listens.
 */
function keepStrangersOut(message: unknown, credentials: Signer['credentials']) {
  const { fastify } = message as { fastify: FastifyInstance };
  const listen = fastify.listen.bind(fastify);
  Object.assign(fastify, {
    listen: (options: object) => listen({ ...options, host: '127.0.0.1' }),
  });
  // The store itself believes any Authorization header.
  fastify.addHook('onRequest', async ({ raw }: FastifyRequest, reply: FastifyReply) => {
    // Clients set their clock by this header. Node's own does not follow a Date that a test has moved.
    reply.header('date', new Date().toUTCString());
    if (!(await isOurs(raw, credentials))) return reply.code(403).send();
  });
}

/** Signed by us for one of the store's two services; in any region, since the store has none. */
async function isOurs(request: IncomingMessage, credentials: Signer['credentials']) {
  const { authorization = '', host = '' } = request.headers;
  // A name that resolves to this machine would be a web page's, after DNS rebinding.
  if (!host.startsWith('127.0.0.1:')) return false;
  const [, region, service] =
    /Credential=[^/]+\/\d{8}\/([\w-]+)\/(s3|sqs)\/aws4_request/.exec(authorization) ?? [];
  if (!region || (service !== 's3' && service !== 'sqs')) return false;
  const [path = '', search] = (request.url ?? '').split(/\?(.*)/s, 2);
  const query = new URLSearchParams(search);
  return isSigned(request, { credentials, region, service, path, query, body: undefined });
}

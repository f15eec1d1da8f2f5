import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { startFauxqs } from 'fauxqs';
import { isSigned, type Signer } from '../sigv4.ts';

export interface BucketOptions {
  /** Directory of the product's data. */
  dataDir: string;
  /** Name of the bucket. */
  bucket: string;
  /** Credentials that requests must be signed with, for S3 and SQS. */
  credentials: Signer['credentials'];
}

/**
 * Starts an S3-compatible store (fauxqs) on a free loopback port, and creates the bucket if it is missing (ADR 0034).
 *
 * Objects are stored in one SQLite file in `dataDir/bucket`; writes are atomic, also if the process is killed. Requests
 * must be signed with these credentials, since every user of the machine can reach the endpoint; browsers use
 * `startS3Gateway`. A single PUT may have at most 11 MiB; larger objects are sent in parts (`@aws-sdk/lib-storage`).
 *
 * @throws Error if another process uses this directory
 */
export async function startBucket({ dataDir, bucket, credentials }: BucketOptions) {
  const lock = await lockDirectory(dataDir);
  clearLeftOvers(dataDir);
  const keepOut = (message: unknown) => restrictAccess(message, credentials);
  subscribe('fastify.initialization', keepOut);
  const starting = startFauxqs({
    port: 0,
    logger: false,
    // Not `s3StorageDir` (fauxqs 2.4.1, not reported yet): a kill during a write truncates a file, and one such file
    // prevents every later start.
    dataDir: join(dataDir, 'bucket'),
    init: { buckets: [bucket] },
  });
  unsubscribe('fastify.initialization', keepOut);

  const server = await starting;
  const endpoint = `http://127.0.0.1:${server.port}`;
  if (server.address !== endpoint) {
    await server.stop();
    throw new Error(
      `The bucket listens on ${server.address}, which is reachable from other machines.`,
    );
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
 * The store reads its file once and then serves from memory, so two processes would not see each other's photos.
 * The lock is released when the process ends, however it ends.
 */
async function lockDirectory(dataDir: string) {
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

/** Statements that remove unfinished work of a killed process; the lock excludes a live one. */
const CLEANUP_STATEMENTS = {
  // The store would keep parts forever, in its file and in memory. On AWS a lifecycle rule deletes them.
  s3_multipart_uploads: 'delete from s3_multipart_uploads',
  // Messages in flight become visible immediately instead of after their visibility timeout.
  sqs_messages: 'update sqs_messages set receipt_handle = null, visibility_deadline = null',
};

function clearLeftOvers(dataDir: string) {
  const store = new DatabaseSync(join(dataDir, 'bucket', 'fauxqs.db'));
  const isThere = store.prepare('select 1 from sqlite_schema where name = ?');
  for (const [table, statement] of Object.entries(CLEANUP_STATEMENTS)) {
    if (isThere.get(table)) store.exec(statement);
  }
  store.close();
}

/**
 * Binds the store to the loopback interface and requires signed requests: fauxqs 2.4.1 listens on every interface without
 * an option (not reported yet). Fastify announces each new server on a diagnostics channel, before it listens.
 */
function restrictAccess(message: unknown, credentials: Signer['credentials']) {
  const { fastify } = message as { fastify: FastifyInstance };
  const listen = fastify.listen.bind(fastify);
  Object.assign(fastify, {
    listen: (options: object) => listen({ ...options, host: '127.0.0.1' }),
  });
  // The store itself accepts any Authorization header.
  fastify.addHook('onRequest', async ({ raw }: FastifyRequest, reply: FastifyReply) => {
    // Clients correct their clock by this header. Node's own does not follow a Date mocked by a test.
    reply.header('date', new Date().toUTCString());
    if (!(await isSignedByUs(raw, credentials))) return reply.code(403).send();
  });
}

/** Whether a request is signed with our credentials for S3 or SQS, in any region. */
async function isSignedByUs(request: IncomingMessage, credentials: Signer['credentials']) {
  const { authorization = '', host = '' } = request.headers;
  // Any other name may belong to a web page that resolves it to this machine (DNS rebinding).
  if (!host.startsWith('127.0.0.1:')) return false;
  const [, region, service] =
    /Credential=[^/]+\/\d{8}\/([\w-]+)\/(s3|sqs)\/aws4_request/.exec(authorization) ?? [];
  if (!region || (service !== 's3' && service !== 'sqs')) return false;
  const [path = '', search] = (request.url ?? '').split(/\?(.*)/s, 2);
  const query = new URLSearchParams(search);
  return isSigned(request, { credentials, region, service, path, query, body: undefined });
}
